import test from 'ava';
import { parseMilliseconds, parseSize } from '../../src/budget/size.js';

test('sizes take suffixes of 1024', (t) => {
  const sizes = ['0', '131072', '64K', '64k', '64KB', '64KiB', '64 KiB', '1M', '1.5M', '100B'];
  t.deepEqual(sizes.map(parseSize), [0, 131072, 65536, 65536, 65536, 65536, 65536, 1048576, 1572864, 100]);
});

for (const wrong of ['', 'K', '-1', '64X', '1e3', '64KK', '0x10']) {
  test(`"${wrong}" is no size`, (t) => {
    t.throws(() => parseSize(wrong), { message: /is no size/ });
  });
}

test('times are milliseconds, or seconds with an s', (t) => {
  t.deepEqual(['250', '250ms', '1.5s', '0'].map(parseMilliseconds), [250, 250, 1500, 0]);
  t.throws(() => parseMilliseconds('1 minute'), { message: /is no time/ });
});
