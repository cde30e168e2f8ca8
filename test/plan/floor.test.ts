/** Figures of docs/memory.md: what no order of row tasks can go below. */
import test, { type ExecutionContext } from 'ava';
import { eliminateDeadChannels } from '../../src/compile/dead-channels.js';
import { lower } from '../../src/compile/lower.js';
import { importTflite } from '../../src/import/tflite/import.js';
import { buildMobileNet } from '../../src/mobilenet/builder.js';
import { parseSpec } from '../../src/mobilenet/topology.js';
import { readFixture, withFixtures } from '../fixtures.js';
import { floor } from './floor.js';

/** Bytes of arena: with a frame, and with rows pushed. */
const FLOORS: Record<string, [resident: number, rows: number]> = {
  person_detect: [12_288, 9_696],
  vww_96_int8: [28_032, 9_888],
  kws_ref_model: [8_320, 8_320],
  'mobilenet_v1_0.25_128_quant': [49_472, 13_856],
  fomo_face_detection: [28_752, 12_384],
  'mobilenet_v2_1.0_224_quant': [184_128, 87_248],
  'mobilenet:1@224x224x3,1001': [194_432, 122_528],
};

for (const [name, [resident, rows]] of Object.entries(FLOORS)) {
  withFixtures(test, `${name}: the floor under all orders of rows`, (t: ExecutionContext) => {
    const graph = name.startsWith('mobilenet:')
      ? buildMobileNet(parseSpec(name))
      : importTflite(readFixture('models', `${name}.tflite`), name);
    const program = lower(eliminateDeadChannels(graph, 'double').graph, { rounding: 'double', fuse: true });
    t.is(floor(program, false), resident);
    t.is(floor(program, true), rows);
  });
}
