import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Real servers: npm run test:machines. Real processes that meet: npm run test:runs
    exclude: [...configDefaults.exclude, 'test/machines/**', 'test/kill/**', 'test/workflows/runs/**'],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    pool: 'threads',
    // Loading the modules anew for each of two hundred files took a third of the time; no test changes one.
    isolate: false,
    // Its default leaves one core idle, which on a machine with two is half of them.
    maxWorkers: '100%',
    reporters: [['default', { summary: false }], './test/support/counting-reporter.ts'],
  },
});
