/** The C text of a function's body: blocks and loops become labels. */
import binaryen from 'binaryen';
import { alignment, expressionText, place } from './expression.js';
import { cType, type Expression, infoOf } from './ir.js';

export class FunctionBody {
  private readonly lines: string[] = [];
  private readonly labels = new Set<string>();

  constructor(
    private readonly names: Map<string, string>,
    private readonly params: binaryen.Type[],
    private readonly vars: binaryen.Type[],
    private readonly result: binaryen.Type,
  ) {}

  text(body: Expression): string {
    if (this.result !== binaryen.none && binaryen.getExpressionType(body) === this.result) this.returns(body);
    else this.statement(body);
    const locals = this.vars.map((type, i) => `    ${cType(type)} l${this.params.length + i} = 0;\n`);
    const lines = this.lines.filter((line) => !line.startsWith('@') || this.labels.has(line.slice(1)));
    const text = lines.map((line) => (line.startsWith('@') ? `${line.slice(1)}:;\n` : `    ${line}\n`)).join('');
    const memory = text.includes('(m + ') ? '    uint8_t *const m = net->memory;\n' : '';
    return `${memory}${locals.join('')}${text}`;
  }

  private line(text: string): void {
    this.lines.push(text);
  }

  /** A label, which is dropped where nothing jumps to it. */
  private label(name: string): void {
    this.line(`@${labelName(name)}`);
  }

  private jump(name: string): string {
    this.labels.add(labelName(name));
    return `goto ${labelName(name)};`;
  }

  private statement(expression: Expression): void {
    const info = infoOf(expression);
    switch (info.id) {
      case binaryen.BlockId: {
        const { name, children } = info as binaryen.BlockInfo;
        for (const child of children) this.statement(child);
        if (name) this.label(name);
        return;
      }
      case binaryen.LoopId: {
        const { name, body } = info as binaryen.LoopInfo;
        if (name) this.label(name);
        this.statement(body);
        return;
      }
      case binaryen.IfId:
        this.branches(info as binaryen.IfInfo, (arm) => this.statement(arm));
        return;
      case binaryen.BreakId: {
        const { name, condition, value } = info as binaryen.BreakInfo;
        if (value) throw new Error('A break with a value');
        this.line(condition ? `if (${this.value(condition)}) ${this.jump(name)}` : this.jump(name));
        return;
      }
      case binaryen.LocalSetId: {
        const { isTee, index, value } = info as binaryen.LocalSetInfo;
        if (isTee) throw new Error('A tee');
        this.line(`l${index} = ${this.value(value)};`);
        return;
      }
      case binaryen.StoreId:
        this.store(info as binaryen.StoreInfo);
        return;
      case binaryen.DropId: {
        const { value } = info as binaryen.DropInfo;
        this.line(`(void)${this.value(value)};`);
        return;
      }
      case binaryen.ReturnId: {
        const { value } = info as binaryen.ReturnInfo;
        if (value) this.returns(value);
        else this.line('return;');
        return;
      }
      case binaryen.MemoryCopyId: {
        const { dest, source, size } = info as binaryen.MemoryCopyInfo;
        this.line(`dw_kernel_copy(${place(dest, 0)}, ${place(source, 0)}, ${expressionText(size)});`);
        return;
      }
      case binaryen.MemoryFillId: {
        const { dest, value, size } = info as binaryen.MemoryFillInfo;
        this.line(`memset(${place(dest, 0)}, (int)(${expressionText(value)} & 255u), ${expressionText(size)});`);
        return;
      }
      case binaryen.CallId:
        this.line(`${this.value(expression)};`);
        return;
      case binaryen.NopId:
        return;
      // Stands behind loops without an end.
      case binaryen.UnreachableId:
        this.line(this.result === binaryen.none ? 'return;' : 'return 0;');
        return;
      default:
        throw new Error(`A statement of id ${info.id}`);
    }
  }

  /** Returns the value of an expression, which at the end of a function may be a block or an if. */
  private returns(value: Expression): void {
    const info = infoOf(value);
    if (info.type === binaryen.unreachable) {
      this.statement(value);
      return;
    }
    if (info.id === binaryen.IfId) {
      this.branches(info as binaryen.IfInfo, (arm) => this.returns(arm));
      return;
    }
    if (info.id !== binaryen.BlockId) {
      this.line(`return ${this.value(value)};`);
      return;
    }
    const { name, children } = info as binaryen.BlockInfo;
    if (name) throw new Error('A block with a value and a name');
    for (const child of children.slice(0, -1)) this.statement(child);
    this.returns(children.at(-1)!);
  }

  private branches({ condition, ifTrue, ifFalse }: binaryen.IfInfo, arm: (body: Expression) => void): void {
    this.line(`if (${this.value(condition)}) {`);
    arm(ifTrue);
    if (ifFalse) {
      this.line('} else {');
      arm(ifFalse);
    }
    this.line('}');
  }

  private store(info: binaryen.StoreInfo): void {
    const { ptr, value, offset, bytes } = info;
    const to = place(ptr, offset);
    const what = `(uint${8 * bytes}_t)${expressionText(value)}`;
    this.line(bytes === 1 ? `*${to} = ${what};` : `dw_store${8 * bytes}${alignment(info)}(${to}, ${what});`);
  }

  private call({ target, operands }: binaryen.CallInfo): string {
    return `${this.names.get(target)}(${['net', ...operands.map(expressionText)].join(', ')})`;
  }

  /** What a statement assigns, returns or asks: calls stand there and nowhere else, which keeps their order. */
  private value(expression: Expression): string {
    const info = infoOf(expression);
    return info.id === binaryen.CallId ? this.call(info as binaryen.CallInfo) : expressionText(expression);
  }
}

function labelName(name: string): string {
  return `at_${name.replace(/[^A-Za-z0-9_]/g, '_')}`;
}
