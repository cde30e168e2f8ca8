import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestFn } from 'ava';

/** Folder with models/, golden/ and pictures/, from the environment. CI sets it; there its absence is a failure. */
export const FIXTURES = process.env.DEPTHWISE_FIXTURES ?? '';

if (FIXTURES !== '' && !existsSync(join(FIXTURES, 'models'))) {
  throw new Error(`DEPTHWISE_FIXTURES is "${FIXTURES}", but there is no models/ in it`);
}

export const fixture = (...path: string[]): string => join(FIXTURES, ...path);
export const readFixture = (...path: string[]): Uint8Array => new Uint8Array(readFileSync(fixture(...path)));
export const readManifest = <T = any>(...path: string[]): T => JSON.parse(readFileSync(fixture(...path), 'utf8')) as T;

/** Registers a test that needs the fixtures; without them it passes with one line that says so. */
export function withFixtures<C>(test: TestFn<C>, title: string, run: Parameters<TestFn<C>>[1]): void {
  if (FIXTURES !== '') test(title, run as never);
  else {
    test(title, (t) => {
      t.log('not run: DEPTHWISE_FIXTURES is not set');
      t.pass();
    });
  }
}
