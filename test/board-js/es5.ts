/**
 * What the JavaScript engines of boards get wrong or do not have, found in the text of a script. Measured on JerryScript 3.0,
 * Espruino 2v29 and Duktape 2.7.
 */
import { type Node, parse } from 'acorn';

interface AnyNode extends Node {
  [key: string]: unknown;
}

/** Missing on at least one of the engines, whatever they are called on. */
const MISSING_MEMBERS = new Map([
  ['imul', 'Espruino has no Math.imul'],
  ['clz32', 'Espruino has no Math.clz32'],
  ['fround', 'Espruino and Duktape have no Math.fround'],
  ['trunc', 'Espruino has no Math.trunc'],
  ['freeze', 'Espruino has no Object.freeze'],
  ['isInteger', 'Espruino has no Number.isInteger'],
  ['fill', 'Duktape has no fill on typed arrays'],
  ['map', 'Duktape has no map on typed arrays'],
  ['slice', 'Espruino has no ArrayBuffer.slice, and its slice of a typed array is a plain array'],
  ['concat', 'its argument is not spread alike on every engine'],
  ['BYTES_PER_ELEMENT', 'Espruino has no BYTES_PER_ELEMENT'],
]);

/** What every engine has. The optional ones must stand behind typeof, which a missing name does not hurt. */
const GLOBALS = new Set([
  'Error',
  'Float32Array',
  'Float64Array',
  'Function',
  'Int32Array',
  'Int8Array',
  'Math',
  'Uint16Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'arguments',
  'decodeURIComponent',
  'undefined',
]);
const OPTIONAL_GLOBALS = new Set(['E', 'module', 'atob', 'console', 'print']);

const RESERVED = new Set(['of', 'static']);

const INT32_MAX = 0x7fffffff;
/** Bytes before a view, at most. */
const MOST_OFFSET = 65535;

/** One line per finding, `LINE: what`; none for a script that every engine understands. */
export function findings(source: string): string[] {
  let program: AnyNode;
  try {
    program = parse(source, { ecmaVersion: 5, locations: true }) as unknown as AnyNode;
  } catch (error) {
    return [`not ES5: ${(error as Error).message}`];
  }
  const found: string[] = [];
  const report = (node: AnyNode, what: string) => found.push(`${node.loc!.start.line}: ${what}`);
  walk(program, (node, parent) => checkNode(node, parent, report));
  checkScope(program, new Set(), new Set(), report);
  return found;
}

type Report = (node: AnyNode, what: string) => void;

function checkNode(node: AnyNode, parent: AnyNode | undefined, report: Report): void {
  switch (node.type) {
    case 'LabeledStatement':
      report(node, 'Espruino has no labels');
      break;
    case 'ExpressionStatement':
      if (node.directive === 'use strict') report(node, 'Espruino has no strict mode');
      break;
    case 'Identifier':
      if (RESERVED.has(node.name as string)) report(node, `${node.name}: a reserved word of Espruino`);
      break;
    case 'Literal':
      if (typeof node.value === 'number') {
        if (!/^(\d+|0x[\da-f]+)$/i.test(node.raw as string)) {
          report(node, `${node.raw}: Espruino does not read fractions and exponents to the last bit`);
        } else if (node.value > INT32_MAX) {
          report(node, `${node.raw}: an integer beyond 32 bits`);
        }
      }
      break;
    case 'MemberExpression': {
      const property = node.property as AnyNode;
      const name = String(node.computed ? property.value : property.name);
      const what = MISSING_MEMBERS.get(name);
      if (what) report(node, `.${name}: ${what}`);
      if (name === 'from' && (node.object as AnyNode).name === 'Array') report(node, 'Espruino has no Array.from');
      break;
    }
    case 'NewExpression': {
      // Of whatever is made: minified, a typed array has another name.
      const [, offset, length] = (node.arguments as AnyNode[]).map(({ value }) => value);
      if (Number(offset) > MOST_OFFSET) report(node, `${offset}: Espruino has no views past byte ${MOST_OFFSET}`);
      if (length === 0) report(node, 'a view of no length is one of all the rest on Espruino');
      break;
    }
    case 'FunctionDeclaration':
      if (parent && parent.type !== 'Program' && !isFunctionBody(parent)) {
        report(node, 'a function declared in a block: engines disagree on its scope');
      }
      break;
  }
}

/** The functions of a body in the order of the text, and the names that each of them refers to. */
interface Declared {
  start: number;
  names: Set<string>;
}

/**
 * Names of one function or of the script: unknown globals, and functions that are used before the statement that
 * defines them has run, directly or by a function that is called. Espruino does not hoist.
 */
function checkScope(scope: AnyNode, outer: Set<string>, guarded: Set<string>, report: Report): void {
  const statements = (scope.type === 'Program' ? scope.body : (scope.body as AnyNode).body) as AnyNode[];
  const declared = new Map<string, Declared>();
  for (const statement of statements) {
    if (statement.type !== 'FunctionDeclaration') continue;
    declared.set((statement.id as AnyNode).name as string, { start: statement.start, names: namesIn(statement) });
  }
  const known = new Set([...outer, ...declared.keys(), ...variables(scope)]);
  const references: AnyNode[] = [];
  const functions: AnyNode[] = [];
  const allowed = new Set(guarded);
  for (const child of children(scope)) {
    walk(
      child,
      (node, parent) => {
        if (node.type === 'UnaryExpression' && node.operator === 'typeof') {
          allowed.add((node.argument as AnyNode).name as string);
        }
        if (isFunction(node)) functions.push(node);
        else if (isReference(node, parent)) references.push(node);
      },
      isFunction,
    );
  }
  for (const node of references) {
    const name = node.name as string;
    if (!known.has(name) && !GLOBALS.has(name) && !(OPTIONAL_GLOBALS.has(name) && allowed.has(name))) {
      report(node, `${name}: not a global of every engine`);
    }
    for (const used of reachable(name, declared)) {
      if (declared.get(used)!.start > node.start) {
        report(node, `${used} is used before it is defined: Espruino does not hoist functions`);
      }
    }
  }
  checkVariables(scope, report);
  for (const nested of functions) checkScope(nested, known, allowed, report);
}

/** Parts of a statement or an expression that run only sometimes. */
const BRANCHES: Record<string, readonly string[]> = {
  IfStatement: ['consequent', 'alternate'],
  ConditionalExpression: ['consequent', 'alternate'],
  LogicalExpression: ['right'],
  ForStatement: ['body'],
  ForInStatement: ['body'],
  WhileStatement: ['body'],
  TryStatement: ['block', 'handler', 'finalizer'],
  SwitchStatement: ['cases'],
};

/** A `var` or a use of a variable, and the branches that it stands in, outermost first. */
interface Place {
  node: AnyNode;
  branches: readonly AnyNode[];
}

/**
 * Uses of variables whose `var` may not have run by then: Espruino would take them for a variable further out, and write
 * over it.
 */
function checkVariables(scope: AnyNode, report: Report): void {
  const declared = new Map<string, Place[]>();
  const uses: Place[] = [];
  const visit = (node: AnyNode, parent: AnyNode | undefined, branches: readonly AnyNode[]): void => {
    if (isFunction(node)) return;
    if (node.type === 'VariableDeclarator') {
      const name = (node.id as AnyNode).name as string;
      declared.set(name, [...(declared.get(name) ?? []), { node, branches }]);
    }
    if (isReference(node, parent)) uses.push({ node, branches });
    const conditional = (BRANCHES[node.type] ?? []).flatMap((field) => node[field] as AnyNode);
    for (const child of children(node)) {
      visit(child, node, conditional.includes(child) ? [...branches, child] : branches);
    }
  };
  for (const child of children(scope)) visit(child, undefined, []);
  for (const { node, branches } of uses) {
    const places = declared.get(node.name as string);
    const ran = (place: Place) =>
      place.node.start <= node.start && place.branches.every((branch, i) => branch === branches[i]);
    if (places && !places.some(ran)) {
      report(node, `${node.name} may be used before its var has run: Espruino does not hoist variables`);
    }
  }
}

/** `name` and the functions of the same body that it may call. */
function reachable(name: string, declared: Map<string, Declared>, seen = new Set<string>()): Set<string> {
  const found = declared.get(name);
  if (found && !seen.has(name)) {
    seen.add(name);
    for (const next of found.names) reachable(next, declared, seen);
  }
  return seen;
}

function namesIn(node: AnyNode): Set<string> {
  const names = new Set<string>();
  walk(node, (inner, parent) => {
    if (isReference(inner, parent)) names.add(inner.name as string);
  });
  return names;
}

/** Parameters, `var`s and, of a function expression, its own name. */
function variables(scope: AnyNode): string[] {
  const names = ((scope.params as AnyNode[] | undefined) ?? []).map((param) => param.name as string);
  if (scope.type === 'FunctionExpression' && scope.id) names.push((scope.id as AnyNode).name as string);
  for (const child of children(scope)) {
    walk(
      child,
      (node) => {
        if (node.type === 'VariableDeclarator') names.push((node.id as AnyNode).name as string);
        if (node.type === 'CatchClause') names.push((node.param as AnyNode).name as string);
      },
      isFunction,
    );
  }
  return names;
}

const isFunction = (node: AnyNode): boolean =>
  node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression';

const isFunctionBody = (node: AnyNode): boolean => node.type === 'BlockStatement' && node.ofFunction === true;

function isReference(node: AnyNode, parent: AnyNode | undefined): boolean {
  if (node.type !== 'Identifier' || !parent) return false;
  if (parent.type === 'MemberExpression') return parent.object === node || parent.computed === true;
  if (parent.type === 'Property') return parent.value === node;
  if (parent.type === 'UnaryExpression' && parent.operator === 'typeof') return false;
  if (parent.type === 'VariableDeclarator') return parent.init === node;
  const isLabel = parent.label === node;
  return !isLabel && !isFunction(parent) && parent.type !== 'CatchClause';
}

function* children(node: AnyNode): Generator<AnyNode> {
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (child && typeof child.type === 'string') yield child as AnyNode;
    }
  }
}

/** Calls `visit` with every node and its parent, but does not enter what `closed` is true of. */
function walk(
  node: AnyNode,
  visit: (node: AnyNode, parent: AnyNode | undefined) => void,
  closed: (node: AnyNode) => boolean = () => false,
  parent?: AnyNode,
): void {
  visit(node, parent);
  if (closed(node)) return;
  if (isFunction(node)) (node.body as AnyNode).ofFunction = true;
  for (const child of children(node)) walk(child, visit, closed, node);
}
