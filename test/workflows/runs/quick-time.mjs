/*
 * Loaded before a program that a workflow starts (NODE_OPTIONS): whoever sleeps, sleeps a fraction of it. The emulated
 * cloud's own time goes faster still, so that what is waited for is there.
 */
const speed = Number(process.env['QUICK_TIME'] ?? '1');
const { setTimeout: sleep } = globalThis;
globalThis.setTimeout = Object.assign(
  (work, ms = 0, ...rest) => sleep(work, ms > 200 ? ms / speed : ms, ...rest),
  sleep,
);
