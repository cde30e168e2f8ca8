/** Texts of a JavaScript bundle: a script that runs the model on the board, and how to use it all. */
import type { BlobContents } from '../format/read.js';
import type { BundleRequest } from './request.js';
import { testInputs } from './selftest.js';

/** Where a view of a buffer may begin in Espruino. */
const LARGEST_VIEW = 65535;

/**
 * Opens the model in the storage: as it lies there, or in pieces where the storage is not mapped into memory.
 * Pieces stay the strings that Espruino reads, which are views of the flash: the checksum asks for the whole file as one.
 */
function openExpression({ target, blob }: BundleRequest, runtime: string, model: string): string {
  if (target.flashMapped?.value && blob.length <= LARGEST_VIEW)
    return `require(${runtime}).open(storage.readArrayBuffer('${model}'))`;
  return `require(${runtime}).open({
  length: ${blob.length},
  read: function (offset, bytes) { return storage.read('${model}', offset, bytes); }
})`;
}

/**
 * run.js: runs what is in the board's storage on the bytes 0, 37, 74, ... and prints PASS and the classes, or what differs.
 * Functions come first, as Espruino does not hoist them.
 */
export function espruinoRun(request: BundleRequest, runtime: string, model: string): string {
  const { contents, vectorFor } = request;
  const { outputs } = vectorFor(testInputs(contents));
  return `// Runs the model in the board's storage on bytes 0, 37, 74, ... and compares its outputs.
// The name is in a variable, so that the uploader does not look for the module on the Internet.
var name = '${runtime}';
var storage = require('Storage');
var expected = [${outputs.map((output) => `[${output}]`).join(', ')}];
function differing(values, bytes) {
  var count = 0;
  for (var i = 0; i < bytes.length; i++) if ((values[i] & 255) !== bytes[i]) count++;
  return count;
}
var net = ${openExpression(request, 'name', model)};
var start = getTime();
${feed(contents)}
var seconds = getTime() - start;
var wrong = 0;
for (var index = 0; index < expected.length; index++) wrong += differing(net.output(index), expected[index]);
print((wrong ? 'FAIL, bytes that differ: ' + wrong : 'PASS') + ', ' + seconds.toFixed(1) + ' s, ' + JSON.stringify(net.top(3)));
`;
}

/** Fills the inputs and runs, or pushes the first one row by row. */
function feed({ inputs: [{ bytes, rowBytes }] }: BlobContents): string {
  if (rowBytes === 0) {
    return `var input = net.input();
for (var i = 0; i < input.length; i++) input[i] = i * 37;
net.invoke();`;
  }
  return `var row = new Uint8Array(${rowBytes});
for (var at = 0; at < ${bytes}; at += ${rowBytes}) {
  for (var i = 0; i < ${rowBytes}; i++) row[i] = (at + i) * 37;
  net.push(row);
}`;
}

export function espruinoReadme(request: BundleRequest, runtime: string, model: string): string {
  return `# ${heading(request)}

Upload, and run:

    npx depthwise flash . --port PORT
    npx espruino -p PORT run.js

PORT is a serial port (/dev/ttyACM0, COM3), a Bluetooth address or tcp://HOST:PORT. Both need \`npm install espruino\`.
run.js prints PASS where the board computes what it should; a large model takes its time.

In a program of your own:

\`\`\`js
var storage = require('Storage');
var net = ${openExpression(request, `'${runtime}'`, model)};
${use(request)}
\`\`\`

selftest.js tries the runtime and the model in any JavaScript engine, with nothing else: \`espruino selftest.js\`,
\`jerry selftest.js\`, \`duk selftest.js\`.
`;
}

export function jerryscriptReadme(request: BundleRequest): string {
  return `# ${heading(request)}

Try the runtime and the model in JerryScript on your computer, then on the board:

    jerry selftest.js
    jerry your-program.js

PASS: the engine computes what it should. In a firmware, evaluate depthwise.js, which leaves a global \`depthwise\`, and give
it model.dw from flash without a copy, here as a global \`model\`. JerryScript returns the bytes of every ArrayBuffer that it
drops to its heap, and those in flash were never in it: without the callback it crashes then, at the latest in
jerry_cleanup.

\`\`\`c
static void free_bytes(jerry_arraybuffer_type_t type, uint8_t *bytes, uint32_t length, void *own, void *user) {
  (void)type, (void)own, (void)user;
  if (bytes != model_dw) jerry_heap_free(bytes, length);
}

/* After jerry_init. model_dw: const uint8_t[], model_dw_bytes of them. */
static void give_model(void) {
  jerry_arraybuffer_allocator(NULL, free_bytes, NULL);
  jerry_value_t global = jerry_current_realm();
  jerry_value_t name = jerry_string_sz("model");
  jerry_value_t model = jerry_arraybuffer_external((uint8_t *)model_dw, model_dw_bytes, NULL);
  jerry_value_free(jerry_object_set(global, name, model));
  jerry_value_free(model);
  jerry_value_free(name);
  jerry_value_free(global);
}
\`\`\`

Then, in a program:

\`\`\`js
var net = depthwise.open(model);
${use(request)}
\`\`\`
`;
}

function use({ contents: { inputs }, pictures }: BundleRequest): string {
  const [{ rowBytes, bytes }] = inputs;
  if (pictures) {
    return `// frame: its rows one behind the other; formats: grey, rgb565, rgb565be, rgb888, yuyv, uyvy.
print(net.classify(frame, { width: 160, height: 120, format: 'rgb565be' }));`;
  }
  if (rowBytes === 0)
    return `// pixels: ${bytes} bytes, in the model's own quantisation.\nprint(net.classify(pixels));`;
  return `// row: ${rowBytes} bytes, top row first; ${bytes / rowBytes} of them.\nif (net.push(row)) print(net.top(1)[0]);`;
}

/** The name of a model may hold anything. */
const heading = ({ target, contents }: BundleRequest): string =>
  `${contents.name.replace(/[^\x20-\x7e]/g, '_') || 'Model'} for ${target.name}`;
