import { yolo } from '../../heads/readers/yolo.js';
import { HEAD_YOLO } from '../../program/head-layout.js';
import { addDetect } from './detect.js';
import type { Runtime } from './head.js';

export default function head(runtime: Runtime): void {
  addDetect(runtime, HEAD_YOLO, yolo);
}
