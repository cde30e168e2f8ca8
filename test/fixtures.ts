import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { needs, type Register } from './needs.js';

/** Folder with models/, golden/ and pictures/, from the environment. CI sets it; there its absence is a failure. */
export const FIXTURES = process.env.DEPTHWISE_FIXTURES ?? '';

if (FIXTURES !== '' && !existsSync(join(FIXTURES, 'models'))) {
  throw new Error(`DEPTHWISE_FIXTURES is "${FIXTURES}", but there is no models/ in it`);
}

export const fixture = (...path: string[]): string => join(FIXTURES, ...path);
export const readFixture = (...path: string[]): Uint8Array => new Uint8Array(readFileSync(fixture(...path)));
export const readManifest = <T = any>(...path: string[]): T => JSON.parse(readFileSync(fixture(...path), 'utf8')) as T;

/** The fixtures, for needs(), where there are none. */
export const missingFixtures: readonly string[] = FIXTURES === '' ? ['DEPTHWISE_FIXTURES'] : [];

/** Registers a test that needs the fixtures. */
export const withFixtures = (test: Register, title: string, run: Parameters<Register>[1]): void =>
  needs(test, missingFixtures, title, run);
