/** Writes .tflite files field by field, without any check, so that a test can say what writeTflite would refuse. */
import { Builder, type Offset } from 'flatbuffers';
import { CONV_OPTIONS } from '../../../src/operators/conv-2d.js';
import { BUFFER, MODEL, OPERATOR, OPERATOR_CODE, QUANTIZATION, SUBGRAPH, TENSOR } from '../../../src/tflite/schema.js';
import { type Field, int32Vector, table, tableVector, vector } from '../../../src/tflite/write.js';

export interface RawTensor {
  shape: number[];
  /** TensorType; INT8 by default. */
  type?: number;
  scale?: number[];
  zeroPoint?: number[];
  /** Of several scales. */
  axis?: number;
  data?: Uint8Array;
  name?: string;
  signature?: number[];
  isVariable?: boolean;
  isSparse?: boolean;
}

export interface RawOperator {
  /** BuiltinOperator in the newer field. */
  code: number;
  /** In the older field; by default as a converter would set it. */
  deprecatedCode?: number;
  customCode?: string;
  inputs: number[];
  outputs: number[];
  /** BuiltinOptions and the fields of that table. */
  optionsType?: number;
  options?: Record<number, Field> | ((builder: Builder) => Record<number, Field>);
}

export interface RawModel {
  version?: number;
  subgraphs?: number;
  tensors: RawTensor[];
  operators: RawOperator[];
  inputs: number[];
  outputs: number[];
  /** Constants are put behind the FlatBuffer and found by offset and size, as in files over 2 GB. */
  external?: boolean;
}

export function rawTflite(model: RawModel): Uint8Array {
  if (!model.external) return write(model, () => 0);
  // The size of the file does not depend on the offsets that it holds.
  const size = write(model, () => 2).length;
  let end = size;
  const bytes = write(model, (data) => {
    end += data.length;
    return end - data.length;
  });
  const file = new Uint8Array(end);
  file.set(bytes);
  end = size;
  for (const { data } of model.tensors) {
    if (!data) continue;
    file.set(data, end);
    end += data.length;
  }
  return file;
}

function write(model: RawModel, place: (data: Uint8Array) => number): Uint8Array {
  const b = new Builder();
  const buffers: (Uint8Array | undefined)[] = [undefined];
  const tensors = model.tensors.map((tensor) => {
    const scale = tensor.scale && vector(b, 4, tensor.scale, (v) => b.addFloat32(v));
    const zeroPoint = tensor.zeroPoint && vector(b, 8, tensor.zeroPoint, (v) => b.addInt64(BigInt(v)));
    const quantization = table(b, {
      [QUANTIZATION.scale]: { offset: scale ?? 0 },
      [QUANTIZATION.zeroPoint]: { offset: zeroPoint ?? 0 },
      [QUANTIZATION.quantizedDimension]: { int32: tensor.axis ?? 0 },
    });
    return table(b, {
      [TENSOR.shape]: { offset: int32Vector(b, tensor.shape) },
      [TENSOR.type]: { int8: tensor.type ?? 9 },
      [TENSOR.buffer]: { int32: tensor.data ? buffers.push(tensor.data) - 1 : 0 },
      [TENSOR.name]: { offset: b.createString(tensor.name ?? '') },
      [TENSOR.quantization]: { offset: quantization },
      [TENSOR.isVariable]: { int8: tensor.isVariable ? 1 : 0 },
      [TENSOR.sparsity]: { offset: tensor.isSparse ? table(b, {}) : 0 },
      [TENSOR.shapeSignature]: { offset: tensor.signature ? int32Vector(b, tensor.signature) : 0 },
    });
  });
  const operators = model.operators.map((operator, index) => {
    const fields = typeof operator.options === 'function' ? operator.options(b) : operator.options;
    const options = operator.optionsType ? table(b, fields ?? {}) : 0;
    return table(b, {
      [OPERATOR.opcodeIndex]: { int32: index },
      [OPERATOR.inputs]: { offset: int32Vector(b, operator.inputs) },
      [OPERATOR.outputs]: { offset: int32Vector(b, operator.outputs) },
      [OPERATOR.builtinOptionsType]: { int8: operator.optionsType ?? 0 },
      [OPERATOR.builtinOptions]: { offset: options },
    });
  });
  const subgraph = table(b, {
    [SUBGRAPH.tensors]: { offset: tableVector(b, tensors) },
    [SUBGRAPH.inputs]: { offset: int32Vector(b, model.inputs) },
    [SUBGRAPH.outputs]: { offset: int32Vector(b, model.outputs) },
    [SUBGRAPH.operators]: { offset: tableVector(b, operators) },
  });
  const codes = model.operators.map(({ code, deprecatedCode, customCode }) =>
    table(b, {
      [OPERATOR_CODE.deprecatedBuiltinCode]: { int8: deprecatedCode ?? Math.min(code, 127) },
      [OPERATOR_CODE.customCode]: { offset: customCode === undefined ? 0 : b.createString(customCode) },
      [OPERATOR_CODE.builtinCode]: { int32: code },
    }),
  );
  const root = table(b, {
    [MODEL.version]: { int32: model.version ?? 3 },
    [MODEL.operatorCodes]: { offset: tableVector(b, codes) },
    [MODEL.subgraphs]: { offset: tableVector(b, Array(model.subgraphs ?? 1).fill(subgraph)) },
    [MODEL.buffers]: {
      offset: tableVector(
        b,
        buffers.map((data) => (model.external && data ? external(b, data, place(data)) : inline(b, data))),
      ),
    },
  });
  b.finish(root, 'TFL3');
  return b.asUint8Array().slice();
}

function inline(b: Builder, data: Uint8Array | undefined): Offset {
  return table(b, { [BUFFER.data]: { offset: data ? b.createByteVector(data) : 0 } });
}

function external(b: Builder, data: Uint8Array, offset: number): Offset {
  b.startObject(3);
  b.addFieldInt64(BUFFER.offset, BigInt(offset), 0n);
  b.addFieldInt64(BUFFER.size, BigInt(data.length), 0n);
  return b.endObject();
}

/** A valid model of one 1x1 CONV_2D on a 1x1 picture of two channels, to be spoiled by a test. */
export function rawConvolution(): RawModel {
  return {
    tensors: [
      { name: 'input', shape: [1, 1, 1, 2], scale: [0.5], zeroPoint: [3] },
      {
        name: 'filter',
        shape: [2, 1, 1, 2],
        scale: [0.25, 0.5],
        zeroPoint: [0, 0],
        data: new Uint8Array([1, 2, 3, 255]),
      },
      { name: 'output', shape: [1, 1, 1, 2], scale: [1], zeroPoint: [-128] },
    ],
    operators: [
      {
        code: 3,
        inputs: [0, 1],
        outputs: [2],
        optionsType: 1,
        options: { [CONV_OPTIONS.strideW]: { int32: 1 }, [CONV_OPTIONS.strideH]: { int32: 1 } },
      },
    ],
    inputs: [0],
    outputs: [2],
  };
}
