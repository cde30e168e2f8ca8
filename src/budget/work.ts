/**
 * The work of a .dw file in units that native kernels take about the same instructions for: what runtime aot is priced by,
 * as wasm3 is by its ops. Nothing is run for it.
 */
import { BlobView } from '../program/blob-view.js';
import * as L from '../program/layout.js';

export const WORK_UNITS = [
  'inference',
  /** A tick of the executor, or a row that is pushed, and the bytes of such rows. */
  'task',
  'pushedByte',
  /** Convolution: products of blocks of 3 pixels and 4 outputs, those of the rest of K over eights apart; such blocks;
   * outputs by the fast and by the general requantisation; values copied from under windows; weights and requantisation
   * records that a task reads; groups of 12 pixels. */
  'convMac',
  'convRestMac',
  'convBlock',
  'convOutput',
  'convGeneral',
  'convGathered',
  'convWeight',
  'convRecord',
  'convGroup',
  /** Depthwise convolution: outputs of a 3x3 window by stride, and rows of a channel of them; products and outputs of any
   * other window; outputs by the general requantisation, records. */
  'depthwiseStride1',
  'depthwiseStride2',
  'depthwiseRow',
  'depthwiseMac',
  'depthwiseOutput',
  'depthwiseGeneral',
  'depthwiseRecord',
  'fullyConnectedMac',
  'fullyConnectedOutput',
  /** Pools and MEAN: values looked at, and outputs. */
  'poolValue',
  'poolOutput',
  'meanValue',
  'meanOutput',
  'add',
  /** Bytes through a table, and pixels of them. */
  'table',
  'tablePixel',
  'pad',
  'padRow',
  'softmax',
  'flip',
] as const;
export type WorkUnit = (typeof WORK_UNITS)[number];

export type Work = Partial<Record<WorkUnit, number>>;

type Add = (unit: WorkUnit, count: number) => void;

/** Output rows of each task of a step. */
type Rows = number[];

/** The work of one inference. The file must have passed the checks of readBlob. */
export function workOf(blob: Uint8Array): Work {
  const view = new BlobView(blob);
  const tasks: Rows[] = Array.from({ length: view.u32(L.H_STEP_COUNT) }, () => []);
  const work: Work = { inference: 1 };
  const add: Add = (unit, count) => {
    if (count > 0) work[unit] = (work[unit] ?? 0) + count;
  };
  for (const { step, rows, repeat } of view.tasks()) {
    add('task', step === L.FEED ? rows * repeat : repeat);
    if (step !== L.FEED) tasks[step].push(...new Array<number>(repeat).fill(rows));
  }
  const [input] = view.ports();
  if (input.u32(L.P_ROW_BYTES) > 0) add('pushedByte', input.u32(L.P_BYTES));
  for (const [i, step] of view.steps().entries()) addStep(step, shortened(tasks[i], step.u16(L.S_OUT_HEIGHT)), add);
  return work;
}

/** The last task of a step has as many rows as are left. */
function shortened(tasks: Rows, height: number): Rows {
  let left = height;
  return tasks.map((rows) => {
    const here = Math.min(rows, left);
    left -= here;
    return here;
  });
}

const GROUP = 12;
const up = (count: number, to: number): number => Math.ceil(count / to) * to;

function addStep(step: BlobView, tasks: Rows, add: Add): void {
  const u16 = (field: number): number => step.u16(field);
  const channels = u16(L.S_OUT_CHANNELS);
  const width = u16(L.S_OUT_WIDTH);
  const outputs = u16(L.S_OUT_HEIGHT) * width * channels;
  const inputs = u16(L.S_IN_HEIGHT) * u16(L.S_IN_WIDTH) * u16(L.S_IN_CHANNELS);
  const window = u16(L.S_KERNEL_H) * u16(L.S_KERNEL_W);
  const flags = u16(L.S_FLAGS);
  const general = (flags & L.STEP_GENERAL_REQUANTIZE) !== 0;
  const kind = step.u32(L.S_KIND);
  switch (kind) {
    case L.KIND_CONV: {
      const k = step.u32(L.S_K);
      const pixels = tasks.reduce((sum, rows) => sum + up(rows * width, 3), 0);
      const blocks = (pixels / 3) * Math.ceil(channels / 4);
      add('convMac', 12 * blocks * (k - (k % 8)));
      add('convRestMac', 12 * blocks * (k % 8));
      add('convBlock', blocks);
      add(general ? 'convGeneral' : 'convOutput', outputs);
      add('convGathered', step.u32(L.S_WINDOW) ? pixels * k : 0);
      add('convWeight', tasks.length * channels * k);
      add(
        'convGroup',
        tasks.reduce((sum, rows) => sum + Math.ceil((rows * width) / GROUP), 0),
      );
      add('convRecord', tasks.length * channels);
      break;
    }
    case L.KIND_DEPTHWISE:
    case L.KIND_DEPTHWISE_ROW:
      if (kind === L.KIND_DEPTHWISE_ROW || flags & L.STEP_COLUMNS) {
        add(u16(L.S_STRIDE_W) === 1 ? 'depthwiseStride1' : 'depthwiseStride2', outputs);
        add('depthwiseRow', outputs / width);
      } else {
        add('depthwiseMac', outputs * window);
        add('depthwiseOutput', outputs);
        add('depthwiseGeneral', general ? outputs : 0);
      }
      add('depthwiseRecord', tasks.length * channels);
      break;
    case L.KIND_FULLY_CONNECTED:
      add('fullyConnectedMac', outputs * inputs);
      add('fullyConnectedOutput', outputs);
      break;
    case L.KIND_AVERAGE_POOL:
    case L.KIND_MAX_POOL:
      add('poolValue', outputs * window);
      add('poolOutput', outputs);
      break;
    case L.KIND_MEAN:
      add('meanValue', inputs);
      add('meanOutput', outputs);
      break;
    case L.KIND_ADD:
      add('add', outputs);
      break;
    case L.KIND_LUT:
      add('tablePixel', outputs / channels);
      add('table', outputs);
      break;
    case L.KIND_PAD:
      add('padRow', outputs / (width * channels));
      add('pad', outputs);
      break;
    case L.KIND_SOFTMAX:
      add('softmax', outputs);
      break;
    case L.KIND_FLIP:
      add('flip', outputs);
  }
}
