import { ssd } from '../../heads/readers/ssd.js';
import { HEAD_SSD } from '../../program/head-layout.js';
import { addDetect } from './detect.js';
import type { Runtime } from './head.js';

export default function head(runtime: Runtime): void {
  addDetect(runtime, HEAD_SSD, ssd);
}
