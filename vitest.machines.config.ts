import { defineConfig } from 'vitest/config';

/** Servers that really boot, in a Docker engine: one file after another, for they share two cores and one engine. */
export default defineConfig({
  test: {
    include: ['test/machines/**/*.test.ts'],
    testTimeout: 240_000,
    hookTimeout: 600_000,
    fileParallelism: false,
    pool: 'forks',
    reporters: [['default', { summary: false }], './test/support/counting-reporter.ts'],
  },
});
