import { expect, test } from 'vitest';
import { makeIdentity } from '../../src/age/identity.ts';
import { type Examined, examine } from '../../src/compose/doctor.ts';
import { loadProject } from '../../src/config/project.ts';
import { StoreError } from '../../src/domain/errors.ts';
import { seededRandom } from '../../src/local/random.ts';
import { ageSealer } from '../support/age.ts';
import { shippedConfig } from '../support/lab.ts';
import { createMemoryRecovery } from '../support/memory-recovery.ts';
import { createMemoryStore } from '../support/memory-store.ts';

/* `doctor` in the GitHub environment of previews, in that of production, and where both are one. */
const [ofProduction, ofPreviews] = [await makeIdentity(), await makeIdentity()];
const bucket = (name: string): string => `{ region: fsn1, bucket: ${name} }`;
const withState = (lines: string): string =>
  shippedConfig.replace(/state:\n( {2}.*\n)+/, `state:\n  backend: s3\n  s3: ${bucket('all-states')}\n${lines}`);
const apartConfig = withState(
  `  recipients: [${ofProduction.recipient}]\n  previews: { s3: ${bucket('preview-states')}, recipients: [${ofPreviews.recipient}] }\n`,
).replace('    max: 15', '    zone: pr.aipacto.com\n    max: 15');

interface Setting {
  readonly config: string;
  /** Environment types of the servers that the token sees. */
  readonly sees: readonly string[];
  readonly reads: readonly string[];
  readonly identity: typeof ofProduction;
}

const told = async ({ config: text, sees, reads, identity }: Setting) => {
  const clock = { now: () => Date.parse('2026-11-24T12:00:00Z'), sleep: () => new Promise<never>(() => undefined) };
  const servers = sees.map((type) => ({ labels: { project: 'aipacto', 'environment-type': type } }));
  const examined: Examined = {
    clock,
    random: seededRandom(3),
    recovery: createMemoryRecovery(),
    config: async () => loadProject({ text, file: 'infra.yaml', env: {} }),
    cloud: async () =>
      ({
        list: async () => ({ items: servers, complete: true }),
        usage: () => ({ requests: {}, budget: null }),
      }) as never,
    store: ({ state }) => {
      const name = state?.s3?.bucket ?? '';
      if (!reads.includes(name)) throw new StoreError(`s3://${name} refuses: 403 AccessDenied`, 'refused');
      const conditions = { place: `s3://${name}`, spelling: () => undefined, spell: () => undefined };
      return { ...createMemoryStore(), shared: true, conditions };
    },
    sealer: ({ state }) =>
      ageSealer(
        [ofProduction, ofPreviews].filter(({ recipient }) => state?.recipients.includes(recipient)),
        identity,
      ),
    leases: () => ({ standing: async () => ({ standing: 'free', leftMs: 0 }) }),
  };
  const checks = await examine(examined);
  const of = (result: string): string[] => checks.filter((one) => one.result === result).map(({ name }) => name);
  return { checks, bad: of('bad'), warned: of('warn'), skipped: of('skipped') };
};

test('in the GitHub environment of previews nothing is bad and nothing is warned of: what belongs to production can not be read', async () => {
  const { bad, warned, skipped, checks } = await told({
    config: apartConfig,
    sees: ['pr', 'pr'],
    reads: ['preview-states'],
    identity: ofPreviews,
  });
  expect([bad, warned]).toEqual([[], []]);
  expect(skipped).toEqual(expect.arrayContaining(['state store', 'secrets']));
  expect(checks.find(({ name }) => name === 'state store')?.detail).toContain('not with what is set here');
  expect(checks.filter(({ name }) => name.startsWith('previews apart')).map(({ detail }) => detail)).toEqual([
    'this token sees servers of previews only',
    'these credentials read those of previews only',
    'sealed for 1, of whom 0 can open those of production too',
    'their records lie in pr.aipacto.com',
  ]);
});

test('in that of production neither', async () => {
  const { bad, warned, skipped } = await told({
    config: apartConfig,
    sees: ['production'],
    reads: ['all-states'],
    identity: ofProduction,
  });
  expect([bad, warned]).toEqual([[], []]);
  expect(skipped).toEqual(expect.arrayContaining(['state store of previews', 'secrets of previews']));
});

test('everything shared: a line for each thing, with what to do; a warning is no failure', async () => {
  const { bad, warned, checks } = await told({
    config: withState(`  recipients: [${ofProduction.recipient}]\n`),
    sees: ['production', 'pr'],
    reads: ['all-states'],
    identity: ofProduction,
  });
  expect(bad).toEqual([]);
  expect(warned).toEqual([
    'previews apart: Hetzner project',
    'previews apart: states',
    'previews apart: secrets',
    'previews apart: DNS zone',
  ]);
  for (const { name, result, next } of checks)
    if (name.startsWith('previews apart')) expect([name, result, next]).toEqual([name, 'warn', expect.any(String)]);
});

test('apart in infra.yaml, and one process that reads and opens both: said too', async () => {
  const { warned, bad } = await told({
    config: apartConfig.replace(
      `recipients: [${ofPreviews.recipient}]`,
      `recipients: [${ofPreviews.recipient}, ${ofProduction.recipient}]`,
    ),
    sees: [],
    reads: ['all-states', 'preview-states'],
    identity: ofProduction,
  });
  expect([bad, warned]).toEqual([[], ['previews apart: states', 'previews apart: secrets']]);
});

test('neither place can be read: that is bad, of both', async () => {
  const { bad } = await told({ config: apartConfig, sees: [], reads: [], identity: ofPreviews });
  expect(bad).toEqual(['state store', 'state store of previews']);
});
