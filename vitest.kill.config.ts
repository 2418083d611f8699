import { defineConfig } from 'vitest/config';

/** Real processes that meet at one bucket, or lose it. The points at which one is killed: npm run test:kill */
export default defineConfig({
  test: {
    include: ['test/kill/**/*.test.ts', 'test/workflows/runs/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 20_000,
    pool: 'forks',
    reporters: [['default', { summary: false }], './test/support/counting-reporter.ts'],
  },
});
