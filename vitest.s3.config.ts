import { defineConfig } from 'vitest/config';

/** The store against servers that others wrote: npm run test:s3. What can't be had is skipped, counted and named. */
export default defineConfig({
  test: {
    include: ['test/s3/**/*.real.ts', 'test/s3/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    fileParallelism: false,
    pool: 'forks',
    reporters: [['default', { summary: false }], './test/support/counting-reporter.ts'],
  },
});
