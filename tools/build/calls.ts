/** Tells a module of kernels which of its functions an inference calls (src/format/calls.ts). */
import binaryen from 'binaryen';
import { CALLS_SECTION, type Condition, conditionNumber, KINDS_SECTION } from '../../src/format/calls.js';
import { ALL_KINDS, SMALL_KINDS } from '../../src/steps/index.js';

const FOLDER = 'src/kernels/wasm/';

/**
 * The functions of src/kernels/wasm whose callers do not always call them. What stands here must be what the code does:
 * a function that is called and was not compiled stops an inference, one that is compiled and never called costs RAM. Tests
 * look for both (test/engines/calls.test.ts).
 */
const CALLED: Record<string, Condition> = {
  'conv/conv': 'conv',
  'conv/copyWindows': 'convWindow',
  'conv/subtractZeroPoint': 'convZeroPoint',
  'conv/finishLanes': 'convLanes',
  'conv/emptyLanes': 'convAccumulators',
  'conv/finishAccumulators': 'convAccumulators',
  'lanes/multiplyAccumulate8': 'convBlocks',
  'lanes/multiplyAccumulateRest': 'convRest',
  'depthwise/depthwise': 'depthwise',
  'depthwise/findRows': 'depthwiseColumns',
  'depthwise/columns': 'depthwiseColumns',
  'depthwise/plain': 'depthwisePlain',
  'depthwise-row/depthwiseRow': 'depthwiseRow',
  'pool/pool': 'pool',
  'pool/average': 'averagePool',
  'pool/largest': 'maxPool',
  'pool/mean': 'mean',
  'elementwise/add': 'add',
  'elementwise/lookUp': 'lut',
  'elementwise/pad': 'pad',
  'elementwise/flip': 'flip',
  'softmax/softmax': 'softmax',
  'fully-connected/fullyConnected': 'fullyConnected',
  'fully-connected/dot8': 'fullyConnectedBlocks',
  'fully-connected/dotRest': 'fullyConnectedRest',
  'dispatch/run': 'smallKinds',
  'dispatch/runOther': 'otherKinds',
  'step/rowOffset': 'rowTables',
  'executor/feed': 'rowsPushed',
};

/** Those that the full module has besides. */
const CALLED_IN_FULL: Record<string, Condition> = {
  'reduce/reduce': 'reduce',
  'reduce/total': 'reduceSum',
  'reduce/most': 'reduceMost',
  'resize-bilinear/resizeBilinear': 'resizeBilinear',
  'resize-bilinear/inside': 'resizeBilinear',
  'resize-bilinear/blend': 'resizeBilinear',
  'l2-normalize/l2Normalize': 'l2Normalize',
  'l2-normalize/normalize': 'l2Normalize',
  'l2-normalize/shiftOf': 'l2Normalize',
  'l2-normalize/inverseRoot': 'l2Normalize',
  'l2-normalize/divideByPowerOfTwo': 'l2Unsigned',
  'general-conv/generalConv': 'generalConv',
  'general-conv/outputsOfRow': 'generalConv',
  'general-conv/positions': 'generalConv',
  'general-conv/before': 'generalConv',
  'general-conv/modulo': 'generalConv',
  'general-conv/copyWindows': 'generalConv',
  'general-conv/multiply': 'generalConv',
  'general-conv/subtractZeroPoint': 'generalConvZeroPoint',
  'general-conv/finish': 'generalConv',
  'gather/gather': 'gather',
  'permute/permute': 'permute',
  'binary/binary': 'binary',
  'softmax/softmaxRows': 'softmaxRows',
  'binary/sums': 'binarySum',
  'binary/products': 'binaryProduct',
  'binary/extremes': 'binaryExtreme',
};

/** Adds the sections. @throws Error where the module lacks a function of the lists. */
export function addCalls(module: binaryen.Module, full: boolean): void {
  const called: Record<string, Condition> = full ? { ...CALLED, ...CALLED_IN_FULL } : CALLED;
  const functions = Array.from({ length: module.getNumFunctions() }, (_, i) =>
    binaryen.getFunctionInfo(module.getFunctionByIndex(i)),
  );
  const imported = functions.filter((info) => info.module);
  const names = [...imported, ...functions.filter((info) => !info.module)].map(({ name }) => name);
  const missing = new Set(Object.keys(called));
  const conditions = names.map((name) => {
    const known = name.replace(FOLDER, '');
    return missing.delete(known) ? conditionNumber(called[known]) : 0;
  });
  if (missing.size > 0) throw new Error(`tools/build/calls.ts: the kernels have no ${[...missing].join(', ')}`);
  module.addCustomSection(CALLS_SECTION, Uint8Array.from(conditions));
  const kinds = Uint32Array.of(full ? ALL_KINDS : SMALL_KINDS);
  module.addCustomSection(KINDS_SECTION, new Uint8Array(kinds.buffer));
}
