/** typed-array-utils is compiled from its source, which names this type of the DOM. */
type BufferSource = ArrayBufferView | ArrayBuffer;
