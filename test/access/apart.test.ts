import { expect, test } from 'vitest';
import { identityFileText, makeIdentity } from '../../src/age/identity.ts';
import { openStateSealer } from '../../src/compose/sealing.ts';
import { loadProject } from '../../src/config/project.ts';
import type { Target } from '../../src/domain/environment.ts';
import { StoreError } from '../../src/domain/errors.ts';
import { Secret } from '../../src/domain/secret.ts';
import type { Sealer } from '../../src/ports/sealer.ts';
import { readState } from '../../src/statefile/read.ts';
import { createLab, type Lab, shippedConfig } from '../support/lab.ts';
import { createMemoryStore, type MemoryStore } from '../support/memory-store.ts';
import { createRecordingReporter } from '../support/recording-reporter.ts';

/*
 * Previews have their own store, recipients and identity. Real age keys: what one process has in RECONCILE_AGE_IDENTITY
 * opens the states of previews or those of production, never both.
 */
const [ofProduction, ofPreviews] = [await makeIdentity(), await makeIdentity()];
const config = shippedConfig.replace(
  'state:\n',
  `state:\n  recipients: [${ofProduction.recipient}]\n  previews: { directory: state/previews, recipients: [${ofPreviews.recipient}] }\n`,
);
const project = loadProject({ text: config, file: 'infra.yaml', env: {} });

const sealersWith = (identity: typeof ofProduction): { readonly all: Sealer; readonly previews: Sealer } => {
  const env = { RECONCILE_AGE_IDENTITY: identityFileText(identity, '2026-11-24T00:00:00.000Z') };
  const options = { env, configFile: 'infra.yaml', onSecret: () => undefined, reporter: { notice: () => undefined } };
  return { all: openStateSealer(project.state, options), previews: openStateSealer(project.previewState, options) };
};

interface Stores {
  readonly all: MemoryStore;
  readonly previews: MemoryStore;
}
const labWith = (stores: Stores, identity: typeof ofProduction, over?: Lab, env: Record<string, string> = {}): Lab => {
  const sealers = sealersWith(identity);
  return createLab({
    config,
    env,
    store: stores.all,
    sealer: sealers.all,
    previews: { store: stores.previews, sealer: sealers.previews },
    ...(over === undefined ? {} : { over: over.emulator, seed: 8 }),
  });
};
const named = (name: string): MemoryStore => ({ ...createMemoryStore(), shared: true, place: name });
const newStores = (): Stores => ({ all: named('s3://states'), previews: named('s3://previews') });
const states = ({ documents }: MemoryStore): string[] =>
  [...documents.keys()].filter((key) => /^[a-z0-9-]+\.json$/.test(key)).sort();
const flat = (text: string): string => text.replaceAll(/\s+/g, ' ');

test('production with its identity, a preview with its own: each state in its place, and neither identity opens the other', async () => {
  const stores = newStores();
  const production = labWith(stores, ofProduction);
  expect((await production.run('production --yes')).exitCode).toBe(0);
  const previews = labWith(stores, ofPreviews, production);
  expect((await previews.run('pr 7 --yes')).exitCode).toBe(0);
  expect([states(stores.all), states(stores.previews)]).toEqual([['production.json'], ['pr-7.json', 'shared.json']]);

  const opened = await previews.run('plan production');
  expect(opened.exitCode).toBe(1);
  expect(flat(opened.stderr)).toContain(`RECONCILE_AGE_IDENTITY is the identity of ${ofPreviews.recipient}`);
  expect(flat(opened.stderr)).toContain('none of them');
  const other = await production.run('plan pr 7');
  expect([other.exitCode, flat(other.stderr)]).toEqual([
    1,
    expect.stringContaining(`is the identity of ${ofProduction.recipient}`),
  ]);
  // What needs no secret is seen by both.
  const listed = await previews.run('list');
  expect([listed.exitCode, listed.stdout]).toEqual([0, expect.stringMatching(/production[\s\S]*pr-7/)]);
  previews.requests();
  for (const command of ['destroy production --yes', 'production --yes'])
    expect((await previews.run(command)).exitCode).toBe(1);
  expect(previews.requests().filter((request) => !request.startsWith('GET '))).toEqual([]);
});

test('credentials that read one of the two: the list says which states are missing, and shows the rest', async () => {
  const stores = newStores();
  const previews = labWith(stores, ofPreviews);
  expect((await previews.run('pr 7 --yes')).exitCode).toBe(0);
  stores.all.list = async () => {
    throw new StoreError('s3://states: access denied (403)', 'refused');
  };
  const listed = await previews.run('list');
  expect([listed.exitCode, listed.stdout]).toEqual([0, expect.stringContaining('pr-7')]);
  expect(flat(listed.stderr)).toContain(
    'what only the states in s3://states know is missing: s3://states: access denied (403)',
  );
});

const set = async (lab: Lab, target: Target, name: string, value: string): Promise<void> => {
  const workspace = await lab.open(createRecordingReporter(lab.emulator.clock), () => undefined);
  await (await workspace.secrets(target)).set(name, new Secret(value), 'secrets set');
};

test('no secret of production reaches a preview: neither what was set nor what was generated, though the names are the same', async () => {
  const stores = newStores();
  const production = labWith(stores, ofProduction);
  production.config = config.replace(', local: "postgres://app@localhost/app"', '');
  const ofThem = { production: 'postgres://production.example/app', pr: 'postgres://preview.example/app' };
  await set(production, { type: 'production' }, 'DATABASE_URL', ofThem.production);
  expect((await production.run('production --yes')).exitCode).toBe(0);

  const previews = labWith(stores, ofPreviews, production);
  previews.config = production.config;
  const blocked = await previews.run('pr 7 --yes');
  expect([blocked.exitCode, flat(blocked.stderr)]).toEqual([4, expect.stringContaining('DATABASE_URL')]);
  await set(previews, { type: 'pr' }, 'DATABASE_URL', ofThem.pr);
  expect((await previews.run('pr 7 --yes')).exitCode).toBe(0);

  const state = (await readState(stores.all, 'production', 'aipacto', sealersWith(ofProduction).all))?.state;
  const generated = state?.applications?.['JWT_SECRET']?.value.reveal() ?? '';
  expect(generated).toMatch(/^[0-9a-f]{64}$/);
  const { clusters } = production.emulator.world.state.machines as { readonly clusters: Record<string, unknown> };
  const texts = Object.values(clusters).map((cluster) => JSON.stringify(cluster));
  expect(texts.filter((text) => text.includes(ofThem.production) && text.includes(generated)).length).toBe(1);
  const preview = texts.filter((text) => text.includes(ofThem.pr));
  expect(preview.map((text) => [text.includes(ofThem.production), text.includes(generated)])).toEqual([[false, false]]);
  const documents = [...stores.previews.documents.values()].join();
  expect([documents.includes(ofThem.production), documents.includes(generated)]).toEqual([false, false]);
});
