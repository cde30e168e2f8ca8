/** Bundles for boards that run JavaScript: the runtime as one file, the model, and scripts that try the two. */
import { asset } from '../assets.js';
import { headScript } from '../engines/head-script.js';
import { pictureScript } from '../engines/picture-script.js';
import { flavourFor } from '../engines/runtime-script.js';
import type { BundleFile } from './folder.js';
import { espruinoReadme, espruinoRun, jerryscriptReadme } from './js-texts.js';
import type { Bundle, BundleRequest } from './request.js';
import { makeSelftest, seededInputs } from './selftest.js';

/** Espruino's `require` looks a module up in the storage by its bare name. */
const MODULE = 'depthwise';
const MODEL = 'model.dw';

export function makeJsBundle(request: BundleRequest): Bundle {
  const { target, blob, contents, vectorFor, pictures } = request;
  const espruino = target.runtimes.js?.engine === 'espruino';
  const flavour = flavourFor(blob, espruino);
  // The selftest runs on any engine: it carries the build that has the kernels for all of them.
  const runtime = new TextDecoder().decode(asset('depthwise.js'));
  const selftest = makeSelftest(runtime, blob, vectorFor(seededInputs(contents)));
  const script =
    new TextDecoder().decode(asset(flavour)) + headScript(contents.head) + (pictures ? pictureScript() : '');
  const files: BundleFile[] = [
    { path: 'depthwise.js', content: new TextEncoder().encode(script), ...(espruino && { address: MODULE }) },
    { path: MODEL, content: blob, ...(espruino && { address: MODEL }) },
    { path: 'selftest.js', content: selftest },
  ];
  if (!espruino) {
    files.push({ path: 'README.md', content: jerryscriptReadme(request) });
    return { files, flash: { kind: 'none' }, next: ['jerry DIR/selftest.js'] };
  }
  files.push({ path: 'run.js', content: espruinoRun(request, MODULE, MODEL) });
  files.push({ path: 'README.md', content: espruinoReadme(request, MODULE, MODEL) });
  return {
    files,
    flash: { kind: 'espruino' },
    next: ['npx depthwise flash DIR --port PORT', 'npx espruino -p PORT DIR/run.js'],
  };
}
