#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

// V8 keeps compiled code between runs: a no-op plan as a whole process is mostly start-up.
enableCompileCache();
const { main } = await import('./main.ts');
process.exitCode = await main();
