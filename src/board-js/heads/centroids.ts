import { centroids } from '../../heads/readers/centroids.js';
import { HEAD_CENTROIDS } from '../../program/head-layout.js';
import { addDetect } from './detect.js';
import type { Runtime } from './head.js';

export default function head(runtime: Runtime): void {
  addDetect(runtime, HEAD_CENTROIDS, centroids);
}
