import test from 'ava';
import { checkPlans } from './many.js';

for (const first of [1, 251, 501, 751]) {
  test(`1250 random plans with sums, concatenations and several outputs from seed ${first} on, byte by byte`, (t) => {
    checkPlans(t, first, 250, (seed) => 1 + (seed % 3));
  });
}
