/** Predictions of whole networks, from figures that were fitted to random single layers only, against the firmware. */
import test from 'ava';
import { listTargets, loadTarget } from '../../src/boards/target.js';
import { loadModel } from '../../src/cli/model.js';
import { compile } from '../../src/compile.js';
import { FIRMWARE_RUNTIMES, type FirmwareRuntime } from '../../src/qemu/runtimes.js';
import { predict } from '../../tools/calibrate/fit.js';
import { CALIBRATED, readFitted } from '../../tools/calibrate/fitted.js';
import { measure } from '../../tools/calibrate/measure.js';
import { calibrated } from '../../tools/calibrate/targets.js';
import { FIXTURES, fixture } from '../fixtures.js';
import { coreTools, withTools } from './tools.js';

const TOLERANCE = 0.1;
const REAL = ['person_detect', 'vww_96_int8', 'kws_ref_model'].map((name) => fixture('models', `${name}.tflite`));
const MODELS = ['digits', 'mobilenet:0.25@96x96x1,2', 'mobilenet:0.5@64x64x3,10', ...(FIXTURES === '' ? [] : REAL)];
const PLANS = [{}, { memory: 'min' }, { memory: 'min', frame: 'rows' }] as const;

const fitted = readFitted();

/** docs/boards.md says how far off the others are. */
const HELD: Record<string, readonly FirmwareRuntime[]> = {
  rv32imc: FIRMWARE_RUNTIMES,
  'cortex-m4': FIRMWARE_RUNTIMES,
  'xtensa-lx6': ['aot'],
};

for (const core of Object.keys(HELD)) {
  for (const runtime of HELD[core]) {
    withTools(test, coreTools(CALIBRATED[core]), `${core}, ${runtime}: whole networks within 10 %`, (t) => {
      for (const name of MODELS) {
        const model = loadModel(name);
        if (model.kind !== 'graph') throw new Error(`${name} is a .dw file`);
        for (const plan of PLANS) {
          const { counts, measured } = measure(name, compile(model.graph, plan).blob, CALIBRATED[core], runtime);
          const error = predict(fitted[core][runtime].instructions, counts) / measured - 1;
          t.true(Math.abs(error) <= TOLERANCE, `${name} ${JSON.stringify(plan)}: ${(100 * error).toFixed(1)} %`);
        }
      }
    });
  }
}

for (const id of listTargets()) {
  test(`${id} has the figures of tools/calibrate/fitted.json`, (t) => {
    const target = loadTarget(id);
    t.deepEqual(calibrated(target, fitted), target, 'run npm run calibrate');
  });
}
