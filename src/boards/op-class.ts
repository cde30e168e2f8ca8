/** Classes of wasm3 ops that cost about the same number of instructions on a 32-bit core. */

export const OP_CLASSES = [
  'i64',
  'i64mul',
  'i64shift',
  'convert',
  'load8',
  'load16',
  'load32',
  'load64',
  'store8',
  'store16',
  'store32',
  'store64',
  'move',
  'branch',
  'call',
] as const;

/** `default` is 32-bit arithmetic, comparison and selection. */
export type OpClass = 'default' | (typeof OP_CLASSES)[number];

/** First match wins. Loads and stores are named by register type, then by the type in memory: `i32_Load_i8_s`. */
const RULES: [pattern: RegExp, opClass: (match: RegExpExecArray) => OpClass][] = [
  [/Load_[a-z](8|16|32|64)/, (match) => `load${match[1]}` as OpClass],
  [/Store_[a-z](8|16|32|64)/, (match) => `store${match[1]}` as OpClass],
  [/^(Preserve)?(SetSlot|CopySlot|SetRegister)|^Const|^[SG]etGlobal/, () => 'move'],
  [/^(Branch|If|Loop|ContinueLoop)/, () => 'branch'],
  [/^(Call|Entry|Return|Compile|MemCopy|MemFill|MemGrow)/, () => 'call'],
  [/Wrap|Extend/, () => 'convert'],
  [/^[iu]64_Multiply/, () => 'i64mul'],
  [/^[iu]64_(Shift|Rot)/, () => 'i64shift'],
  [/^[iu]64_|_i64_/, () => 'i64'],
];

/** The class of a wasm3 op by its name, with or without the `op_` in front. */
export function opClass(name: string): OpClass {
  const plain = name.replace(/^op_/, '');
  for (const [pattern, of] of RULES) {
    const match = pattern.exec(plain);
    if (match) return of(match);
  }
  return 'default';
}
