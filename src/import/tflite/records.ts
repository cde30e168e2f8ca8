/** Operators as they stand in the file, before they are known to be supported. */
import { DepthwiseError } from '../../errors.js';
import type { Table } from '../../tflite/read.js';
import { BUILTIN_OPERATORS, MODEL, OPERATOR, OPERATOR_CODE, SUBGRAPH } from '../../tflite/schema.js';

/** More tensors or operators than any model for a microcontroller has. */
export const MAX_ITEMS = 65536;
/** More inputs or outputs than any operator has. */
const MAX_OPERANDS = 1024;

/** An operator as the file has it. */
export interface OperatorRecord {
  index: number;
  name: string;
  inputs: number[];
  outputs: number[];
  table: Table;
}

export function tooMany(place: string, found: string, most: string): DepthwiseError {
  const advice = 'Models for microcontrollers are far smaller: use a smaller network';
  return new DepthwiseError('MODEL_TOO_LARGE', `${place}: ${found}; at most ${most}. ${advice}.`);
}

export function operatorRecords(model: Table, subgraph: Table): OperatorRecord[] {
  const count = subgraph.length(SUBGRAPH.operators);
  if (count > MAX_ITEMS) throw tooMany('subgraph 0', `${count} operators`, `${MAX_ITEMS}`);
  const names = new Map<number, string>();
  return Array.from({ length: count }, (_, index) => {
    const table = subgraph.element(SUBGRAPH.operators, index, `operator ${index}`);
    for (const slot of [OPERATOR.inputs, OPERATOR.outputs]) {
      const tensors = table.length(slot);
      if (tensors > MAX_OPERANDS) throw tooMany(`operator ${index}`, `${tensors} tensors`, `${MAX_OPERANDS}`);
    }
    const code = table.uint32(OPERATOR.opcodeIndex);
    const name = names.get(code) ?? operatorName(model, code);
    names.set(code, name);
    return { index, name, inputs: table.int32s(OPERATOR.inputs), outputs: table.int32s(OPERATOR.outputs), table };
  });
}

function operatorName(model: Table, index: number): string {
  const table = model.element(MODEL.operatorCodes, index, `operator code ${index}`);
  // Codes above 127 do not fit the older of the two fields, which then holds 127; a code below is in both or in one.
  const code = Math.max(table.int8(OPERATOR_CODE.deprecatedBuiltinCode), table.int32(OPERATOR_CODE.builtinCode));
  const name = BUILTIN_OPERATORS[code] ?? `unknown builtin ${code}`;
  return name === 'CUSTOM' ? `custom operator "${table.string(OPERATOR_CODE.customCode)}"` : name;
}
