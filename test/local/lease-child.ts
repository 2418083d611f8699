import { hostname } from 'node:os';
import { systemClock } from '../../src/local/clock.ts';
import { createDirectoryStore } from '../../src/local/directory-store.ts';
import { systemRandom } from '../../src/local/random.ts';
import { acquireLease } from '../../src/statefile/lease.ts';

/** Takes the lease, says so, and works until it is killed. */
await acquireLease({
  store: createDirectoryStore(process.argv[2] ?? ''),
  environment: 'production',
  clock: systemClock,
  random: systemRandom,
  holder: { host: hostname(), pid: process.pid, user: 'child' },
  command: 'reconcile production',
});
process.stdout.write('held');
