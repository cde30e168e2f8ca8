/** Which plan an option asks for. No plan needs more RAM than one that has less freedom. */

import type { Program } from '../program/program.js';
import { fedAtOnce } from './fed.js';
import { type RowPlan, RowPlans } from './row-plans.js';
import { wholeTensors } from './whole.js';

export type Memory = 'min' | 'fast' | number;

/** --memory min takes at most this many times the fast plan's ops, if such a plan exists. */
const MOST_OPS = 1.25;

export class Planner {
  /** The fast plan of a resident frame. */
  readonly whole: RowPlan;
  private readonly mostOps: number;
  private rows?: RowPlans;

  constructor(
    private readonly program: Program,
    private readonly isFed: boolean,
  ) {
    this.whole = wholeTensors(program);
    this.mostOps = MOST_OPS * this.whole.ops;
  }

  /** The row plan for a memory request; the least one where no plan fits into so few bytes. */
  choose(memory: Memory): RowPlan {
    if (memory === 'fast') return this.fast();
    return memory === 'min' ? this.min() : this.within(memory);
  }

  private fast(): RowPlan {
    return this.isFed ? smallest(this.rowPlans().streamed(), this.fedWhole()) : this.whole;
  }

  private min(): RowPlan {
    const least = this.rowPlans().least();
    if (!this.isFed) return smallest(least, this.whole);
    return smallest(least, this.fedWhole(), this.rowPlans().streamed(least.bytes), this.fedLeast(least.bytes));
  }

  private within(bytes: number): RowPlan {
    const whole = this.isFed ? this.fedWhole() : this.whole;
    const fitting = [whole, this.rowPlans().within(bytes)].filter((plan) => plan && plan.bytes <= bytes);
    const [best] = fitting.sort((a, b) => a!.ops - b!.ops);
    return best ?? this.min();
  }

  /** The fast plan, all rows of the input before it. */
  private fedWhole(): RowPlan | undefined {
    return fedAtOnce(this.program, this.whole, false);
  }

  /** The least plan of a resident frame, all rows of the input before it, where it may need less than that. */
  private fedLeast(bytes: number): RowPlan | undefined {
    const frame = this.program.buffers[this.program.inputs[0].view.buffer].bytes;
    if (frame >= bytes) return undefined;
    const resident = new RowPlans(this.program, false, this.mostOps);
    return resident.mayNeedLess(bytes) ? fedAtOnce(this.program, resident.least(), true) : undefined;
  }

  private rowPlans(): RowPlans {
    this.rows ??= new RowPlans(this.program, this.isFed, this.mostOps);
    return this.rows;
  }
}

/** The first of those that need the least. */
function smallest(...plans: (RowPlan | undefined)[]): RowPlan {
  return plans.filter((plan) => plan !== undefined).reduce((best, plan) => (plan.bytes < best.bytes ? plan : best));
}
