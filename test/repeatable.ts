/**
 * Loaded before each test file: random cases are the same ones in every run, so a failure repeats.
 * SEED=n in the environment tries others.
 */
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env.SEED ?? 1) });
