/** Candidates through worker threads, every core's share as it is done with the one before. */
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { assetUrl } from '../assets.js';
import type { Candidate } from './candidates.js';
import type { Priced, Terms } from './pricing.js';

/** Prices all candidates, in their order. `progress` is told how many are done. */
export async function priceAll(
  candidates: readonly Candidate[],
  terms: Terms,
  progress: (done: number) => void = () => {},
  threads = availableParallelism(),
): Promise<Priced[]> {
  const jobs = jobsOf(candidates, threads);
  const results: Priced[][] = [];
  let [next, done] = [0, 0];
  const worker = async () => {
    const thread = new Worker(assetUrl('search-worker.js'), { workerData: terms, execArgv: [] });
    try {
      while (next < jobs.length) {
        const job = next++;
        thread.postMessage(jobs[job]);
        // Rejects where the thread fails.
        [results[job]] = await once(thread, 'message');
        done += jobs[job].length;
        progress(done);
      }
    } finally {
      await thread.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(threads, jobs.length) }, worker));
  const order = new Map(candidates.map(({ model }, i) => [model, i]));
  return results.flat().sort((a, b) => order.get(a.model)! - order.get(b.model)!);
}

/** Widest networks first: they take longest. By width, or, where that is too few jobs, by width and size. */
function jobsOf(candidates: readonly Candidate[], threads: number): Candidate[][] {
  const group = (key: (candidate: Candidate) => string) => {
    const groups = new Map<string, Candidate[]>();
    for (const candidate of candidates) groups.set(key(candidate), [...(groups.get(key(candidate)) ?? []), candidate]);
    return [...groups.values()].sort(([a], [b]) => b.alpha - a.alpha || b.size - a.size);
  };
  const wide = group(({ alpha }) => `${alpha}`);
  return wide.length >= 4 * threads ? wide : group(({ alpha, size }) => `${alpha} ${size}`);
}
