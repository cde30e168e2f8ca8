/** Writes FlatBuffers tables by slot number. Vectors and strings have to be written before the table that holds them. */
import type { Builder, Offset } from 'flatbuffers';

/** One field. Values equal to the schema's default (0 if not given) and offset 0 are left out. */
export type Field =
  | { int8: number }
  | { int32: number; whenAbsent?: number }
  | { float32: number }
  | { offset: Offset };

/** A table of the fields by slot. */
export function table(b: Builder, fields: Record<number, Field>): Offset {
  const slots = Object.entries(fields).map(([slot, field]) => [Number(slot), field] as const);
  b.startObject(Math.max(0, ...slots.map(([slot]) => slot + 1)));
  for (const [slot, field] of slots) {
    if ('int8' in field) b.addFieldInt8(slot, field.int8, 0);
    else if ('int32' in field) b.addFieldInt32(slot, field.int32, field.whenAbsent ?? 0);
    else if ('float32' in field) b.addFieldFloat32(slot, field.float32, 0);
    else b.addFieldOffset(slot, field.offset, 0);
  }
  return b.endObject();
}

/** A vector of `size`-byte scalars. */
export function vector<T>(b: Builder, size: number, values: readonly T[], add: (value: T) => void): Offset {
  b.startVector(size, values.length, size);
  // A FlatBuffer is written from its end.
  for (let i = values.length - 1; i >= 0; i--) add(values[i]);
  return b.endVector();
}

export function int32Vector(b: Builder, values: readonly number[]): Offset {
  return vector(b, 4, values, (value) => b.addInt32(value));
}

/** A vector of tables already written. */
export function tableVector(b: Builder, tables: readonly Offset[]): Offset {
  return vector(b, 4, tables, (offset) => b.addOffset(offset));
}
