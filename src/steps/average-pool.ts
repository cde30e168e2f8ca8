/** The mean under each window, of the pixels that are there. */

import type { StepKind } from './kind.js';
import { POOL } from './pool.js';

export const averagePool: StepKind = { ...POOL, name: 'average pool' };
