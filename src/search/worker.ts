/** A thread of the search: dist/search-worker.js. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Candidate } from './candidates.js';
import { Pricing, type Terms } from './pricing.js';

const pricing = new Pricing(workerData as Terms);

parentPort!.on('message', (candidates: Candidate[]) => {
  parentPort!.postMessage(candidates.flatMap((candidate) => pricing.price(candidate)));
});
