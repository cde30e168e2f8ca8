#!/usr/bin/env node
/** The executable: dist/cli.js. */
import { main } from './command.js';

process.exitCode = await main(process.argv.slice(2));
