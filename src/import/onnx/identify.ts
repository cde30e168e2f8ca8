/** Field 2 (producer), 3, 4, 7 (graph) or 8 (operator sets) of ModelProto, each with a length: what may follow the first. */
const SECOND = [0x12, 0x1a, 0x22, 0x3a, 0x42];

/** Whether a file begins as ONNX's ModelProto does, with its field 1, ir_version, a small number. */
export function looksLikeOnnx(bytes: Uint8Array): boolean {
  return bytes[0] === 0x08 && bytes[1] < 0x20 && SECOND.includes(bytes[2]);
}
