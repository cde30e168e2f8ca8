/** Options of an operator as they are read, and the fields that several operators write. */
import { DepthwiseError } from '../errors.js';
import type { Activation, Dilation, Padding, Tensor } from '../graph/graph.js';
import type { Table } from './read.js';
import { ACTIVATION_NAMES, ACTIVATIONS, PADDINGS } from './schema.js';
import type { Field } from './write.js';

/** Slots of a window that slides. */
interface WindowSlots {
  padding: number;
  strideH: number;
  strideW: number;
}

interface DilationSlots {
  dilationH: number;
  dilationW: number;
}

/** The options table of one operator. Fields that are absent, as all are where there is no table, have the schema's default. */
export class OptionsReader {
  constructor(
    /** Where the operator stands, for messages. */
    private readonly place: string,
    private readonly table: Table | undefined,
    /** Its tensors; undefined where the file names none. They are yet unchecked. */
    readonly inputs: readonly (Tensor | undefined)[],
    readonly outputs: readonly (Tensor | undefined)[],
  ) {}

  unsupported(found: string, supported: string, advice = 'Change the model and export it again'): DepthwiseError {
    return new DepthwiseError('MODEL_UNSUPPORTED', `${this.place}: ${found}; supported: ${supported}. ${advice}.`);
  }

  contradiction(found: string, expected: string): DepthwiseError {
    const advice = 'The file contradicts itself: export the model again.';
    return new DepthwiseError('MODEL_INVALID', `${this.place}: ${found}; expected: ${expected}. ${advice}`);
  }

  int8(slot: number): number {
    return this.table?.int8(slot) ?? 0;
  }

  bool(slot: number): boolean {
    return this.table?.bool(slot) ?? false;
  }

  int32(slot: number, whenAbsent = 0): number {
    return this.table?.int32(slot, whenAbsent) ?? whenAbsent;
  }

  int32s(slot: number): number[] {
    return this.table?.int32s(slot) ?? [];
  }

  float32(slot: number): number {
    return this.table?.float32(slot) ?? 0;
  }

  activation(slot: number): Activation {
    const value = this.int8(slot);
    if (ACTIVATIONS[value]) return ACTIVATIONS[value];
    const supported = ACTIVATION_NAMES.slice(0, ACTIVATIONS.length).join(', ');
    throw this.unsupported(`activation ${ACTIVATION_NAMES[value] ?? value}`, supported);
  }

  window(slots: WindowSlots): { padding: Padding; strideH: number; strideW: number } {
    const padding: Padding | undefined = PADDINGS[this.int8(slots.padding)];
    if (!padding) throw this.contradiction(`padding ${this.int8(slots.padding)}`, '0 (SAME) or 1 (VALID)');
    return { padding, strideH: this.int32(slots.strideH), strideW: this.int32(slots.strideW) };
  }

  /** Where it is 1 in both directions, nothing. */
  dilation(slots: DilationSlots): Dilation {
    const [dilationH, dilationW] = [this.int32(slots.dilationH, 1), this.int32(slots.dilationW, 1)];
    return dilationH === 1 && dilationW === 1 ? {} : { dilationH, dilationW };
  }
}

export const activationField = (value: Activation): Field => ({ int8: ACTIVATIONS.indexOf(value) });

export const dilationFields = (slots: DilationSlots, { dilationH = 1, dilationW = 1 }: Dilation) => ({
  [slots.dilationW]: { int32: dilationW, whenAbsent: 1 },
  [slots.dilationH]: { int32: dilationH, whenAbsent: 1 },
});

export function windowFields(
  slots: WindowSlots,
  operator: { padding: Padding; strideH: number; strideW: number },
): Record<number, Field> {
  return {
    [slots.padding]: { int8: PADDINGS.indexOf(operator.padding) },
    [slots.strideW]: { int32: operator.strideW },
    [slots.strideH]: { int32: operator.strideH },
  };
}
