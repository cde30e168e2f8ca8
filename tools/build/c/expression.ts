/** Wasm's operations in C. All values are unsigned there, so that nothing overflows; signed operations cast. */
import binaryen from 'binaryen';
import { type Expression, infoOf } from './ir.js';

/** [C operator, whether operands are signed] of binary operations on both widths, without Int32 and Int64. */
const BINARY: Record<string, [operator: string, signed: boolean]> = {
  Add: ['+', false],
  Sub: ['-', false],
  Mul: ['*', false],
  DivS: ['/', true],
  DivU: ['/', false],
  RemS: ['%', true],
  RemU: ['%', false],
  And: ['&', false],
  Or: ['|', false],
  Xor: ['^', false],
  Shl: ['<<', false],
  ShrS: ['>>', true],
  ShrU: ['>>', false],
  Eq: ['==', false],
  Ne: ['!=', false],
  LtS: ['<', true],
  LtU: ['<', false],
  LeS: ['<=', true],
  LeU: ['<=', false],
  GtS: ['>', true],
  GtU: ['>', false],
  GeS: ['>=', true],
  GeU: ['>=', false],
};
const COMPARISONS = /^(Eq|Ne|Lt|Le|Gt|Ge)/;

/** Unary operations by the name of binaryen's constant; $ is the operand. */
const UNARY: Record<string, string> = {
  EqZInt32: '(uint32_t)!$',
  EqZInt64: '(uint32_t)!$',
  ClzInt32: 'dw_clz32($)',
  ClzInt64: 'dw_clz64($)',
  WrapInt64: '(uint32_t)$',
  ExtendSInt32: '(uint64_t)(int64_t)(int32_t)$',
  ExtendUInt32: '(uint64_t)$',
  ExtendS8Int32: '(uint32_t)(int32_t)(int8_t)$',
  ExtendS16Int32: '(uint32_t)(int32_t)(int16_t)$',
  ExtendS8Int64: '(uint64_t)(int64_t)(int8_t)$',
  ExtendS16Int64: '(uint64_t)(int64_t)(int16_t)$',
  ExtendS32Int64: '(uint64_t)(int64_t)(int32_t)$',
};

/** binaryen's numbers of operations; unary and binary ones overlap. */
const numbers = (known: (name: string) => boolean): Map<number, string> =>
  new Map(
    Object.entries(binaryen).flatMap(([name, value]) =>
      typeof value === 'number' && known(name) ? [[value, name]] : [],
    ),
  );
const UNARY_NAMES = numbers((name) => name in UNARY);
const BINARY_NAMES = numbers((name) => name.replace(/Int(32|64)$/, '') in BINARY);

/** The C text of an expression without calls and control flow. */
export function expressionText(expression: Expression): string {
  const info = infoOf(expression);
  switch (info.id) {
    case binaryen.LocalGetId:
      return `l${(info as binaryen.LocalGetInfo).index}`;
    case binaryen.ConstId:
      return constant(info as binaryen.ConstInfo);
    case binaryen.LoadId:
      return load(info as binaryen.LoadInfo);
    case binaryen.UnaryId: {
      const { op, value } = info as binaryen.UnaryInfo;
      const name = UNARY_NAMES.get(op);
      if (!name) throw new Error(`Unary operation ${op}`);
      return `(${UNARY[name].replace('$', expressionText(value))})`;
    }
    case binaryen.BinaryId:
      return binary(info as binaryen.BinaryInfo);
    case binaryen.SelectId: {
      const { condition, ifTrue, ifFalse } = info as binaryen.SelectInfo;
      return `(${expressionText(condition)} ? ${expressionText(ifTrue)} : ${expressionText(ifFalse)})`;
    }
    default:
      throw new Error(`An expression of id ${info.id}: it should stand alone in a statement`);
  }
}

/** Where a load or store goes; `m` is linear memory. */
export function place(pointer: Expression, offset: number): string {
  return `(m + ${expressionText(pointer)}${offset ? ` + ${offset}` : ''})`;
}

/** Suffix of dw_load* and dw_store* for places that need not be aligned; 8 bytes are as good as aligned at 4. */
export function alignment({ align, bytes }: { align: number; bytes: number }): string {
  return align >= Math.min(bytes, 4) ? '' : 'u';
}

function load(info: binaryen.LoadInfo): string {
  const { ptr, offset, bytes, isSigned, type } = info;
  const bits = type === binaryen.i32 ? 32 : 64;
  const cast = `(uint${bits}_t)${isSigned ? `(int${bits}_t)` : ''}`;
  const from = place(ptr, offset);
  if (bytes === 1) return `${cast}*${isSigned ? '(const int8_t *)' : ''}${from}`;
  return `${cast}${isSigned ? `(int${8 * bytes}_t)` : ''}dw_load${8 * bytes}${alignment(info)}(${from})`;
}

function binary({ op, left, right }: binaryen.BinaryInfo): string {
  const match = /^(\w+?)Int(32|64)$/.exec(BINARY_NAMES.get(op) ?? '');
  if (!match) throw new Error(`Binary operation ${op}`);
  const [, name, bits] = match;
  const [operator, signed] = BINARY[name];
  const [a, b] = [expressionText(left), expressionText(right)];
  const cast = signed ? `(int${bits}_t)` : '';
  if (COMPARISONS.test(name)) return `(uint32_t)(${cast}${a} ${operator} ${cast}${b})`;
  if (name.startsWith('Sh')) return `((uint${bits}_t)(${cast}${a} ${operator} ${shiftCount(right, bits)}))`;
  return signed ? `((uint${bits}_t)(${cast}${a} ${operator} ${cast}${b}))` : `(${a} ${operator} ${b})`;
}

function shiftCount(count: Expression, bits: string): string {
  const text = expressionText(count);
  return infoOf(count).id === binaryen.ConstId ? text : `(${text} & ${Number(bits) - 1}u)`;
}

function constant({ type, value }: binaryen.ConstInfo): string {
  if (type === binaryen.i32) return `${(value as number) >>> 0}u`;
  // Its declared type is older than its implementation.
  return `UINT64_C(${BigInt.asUintN(64, value as unknown as bigint)})`;
}
