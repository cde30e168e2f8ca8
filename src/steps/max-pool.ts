/** The greatest value under each window. */

import type { StepKind } from './kind.js';
import { POOL } from './pool.js';

export const maxPool: StepKind = { ...POOL, name: 'max pool' };
