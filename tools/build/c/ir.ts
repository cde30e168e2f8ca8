/** What binaryen tells about its expressions, and what it does not. */
import binaryen from 'binaryen';

export type Expression = binaryen.ExpressionRef;

/** binaryen has nothing to say about `unreachable`. */
export function infoOf(expression: Expression): binaryen.ExpressionInfo {
  const id = binaryen.getExpressionId(expression);
  return id === binaryen.UnreachableId ? { id, type: binaryen.unreachable } : binaryen.getExpressionInfo(expression);
}

/** Fields of an expression that hold other ones. */
const PARTS = ['condition', 'ifTrue', 'ifFalse', 'body', 'value', 'ptr', 'left', 'right', 'dest', 'source', 'size'];
const LISTS = ['children', 'operands'];

/** Calls `action` for an expression and all that are in it. */
export function visit(expression: Expression, action: (info: binaryen.ExpressionInfo) => void): void {
  const info = infoOf(expression);
  action(info);
  // The value of a constant is its number.
  if (info.id === binaryen.ConstId) return;
  const fields = new Map<string, unknown>(Object.entries(info));
  const parts = PARTS.map((name) => fields.get(name) as Expression | undefined);
  const lists = LISTS.flatMap((name) => (fields.get(name) as Expression[] | undefined) ?? []);
  for (const part of [...parts, ...lists]) if (part) visit(part, action);
}

export function cType(type: binaryen.Type): string {
  if (type === binaryen.none) return 'void';
  if (type === binaryen.i32) return 'uint32_t';
  if (type === binaryen.i64) return 'uint64_t';
  throw new Error(`No C type for wasm type ${type}`);
}
