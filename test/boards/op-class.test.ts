import test from 'ava';
import { opClass } from '../../src/boards/op-class.js';

const CLASSES: [string, string][] = [
  ['i32_Add_rs', 'default'],
  ['u32_LessThan_ss', 'default'],
  ['Select_i32_rss', 'default'],
  ['i64_Add_rs', 'i64'],
  ['i64_Equal_ss', 'i64'],
  ['Select_i64_rss', 'i64'],
  ['i64_Multiply_ss', 'i64mul'],
  ['i64_ShiftRight_rs', 'i64shift'],
  ['u64_ShiftRight_sr', 'i64shift'],
  ['i64_Extend_i32_r', 'convert'],
  ['i32_Wrap_i64_s', 'convert'],
  ['i32_Load_i8_s', 'load8'],
  ['i32_Load_u16_r', 'load16'],
  ['i64_Load_u32_s', 'load32'],
  ['i64_Load_i64_r', 'load64'],
  ['i32_Store_u8_rs', 'store8'],
  ['i32_Store_i16_ss', 'store16'],
  ['i32_Store_i32_sr', 'store32'],
  ['i64_Store_i64_ss', 'store64'],
  ['SetSlot_i64', 'move'],
  ['PreserveCopySlot_32', 'move'],
  ['SetRegister_i32', 'move'],
  ['Const64', 'move'],
  ['BranchIf_r', 'branch'],
  ['ContinueLoopIf', 'branch'],
  ['Loop', 'branch'],
  ['If_s', 'branch'],
  ['Call', 'call'],
  ['CallRawFunction', 'call'],
  ['Entry', 'call'],
  ['Return', 'call'],
];

for (const [name, expected] of CLASSES) {
  test(`${name} is ${expected}, also as op_${name}`, (t) => {
    t.is(opClass(name), expected as never);
    t.is(opClass(`op_${name}`), expected as never);
  });
}
