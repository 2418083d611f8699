import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { nodeFiles } from '../../src/cli/node-files.ts';
import { suggestion } from '../../src/cli/suggest.ts';
import { initTemplate } from '../../src/config/init.ts';
import { run } from './kit.ts';

const line = 'init --project shop --domain shop.example --yes';

test('init writes the configuration from flags, with defaults for the rest', async () => {
  const ran = await run(line);
  expect({ code: ran.code, calls: ran.calls }).toEqual({ code: 0, calls: [] });
  expect(JSON.parse(ran.files['infra.yaml'] ?? '')).toEqual({
    project: 'shop',
    domain: 'shop.example',
    location: 'nbg1',
    serverType: 'cx23',
    sshKey: null,
    staging: true,
  });
  expect(ran.stdout).toBe(
    'wrote infra.yaml\nnext: reconcile plan production --local\n      shows what it would make, in the emulated cloud\n',
  );
});

test('init takes every answer as a flag, and another file', async () => {
  const ran = await run(`${line} --location hel1 --server-type cpx22 --ssh-key alice --no-staging --config other.yaml`);
  expect(ran.stdout).toContain('next: reconcile plan production --local --config other.yaml\n');
  expect(JSON.parse(ran.files['other.yaml'] ?? '')).toMatchObject({
    location: 'hel1',
    serverType: 'cpx22',
    sshKey: 'alice',
    staging: false,
  });
});

test('an existing configuration is left as it is', async () => {
  const ran = await run(line, { files: { 'infra.yaml': 'mine' } });
  expect(ran.code).toBe(1);
  expect(ran.files).toEqual({ 'infra.yaml': 'mine' });
  expect(ran.stderr).toContain('error: infra.yaml exists already and is left as it is\n');
});

test.each([
  ['init', 'without questions init needs --project NAME and --domain DOMAIN'],
  ['init --project shop --yes', 'without questions init needs --domain DOMAIN'],
  [
    'init --project Shop! --domain shop.example',
    '--project wants lower-case letters, digits and hyphens, at most 32, found: Shop!',
  ],
  ['init --project shop --domain shop', '--domain wants a domain like example.com, lower-case, found: shop'],
])('"%s" is refused without asking', async (typed, sentence) => {
  const ran = await run(typed);
  expect(ran.code).toBe(64);
  expect(ran.files).toEqual({});
  expect(ran.stderr.replaceAll('\n  ', ' ')).toContain(sentence);
});

test('answers that make no configuration are named as answers, for there is no file to correct', async () => {
  const ran = await run(`${line} --location nbg9`, { init: initTemplate });
  expect(ran.code).toBe(64);
  expect(ran.files).toEqual({});
  expect(ran.stderr).toBe(
    [
      'error: no configuration can be made of that: there is no Hetzner location of',
      '  this name (found: "nbg9"; did you mean nbg1?)',
      '  done: nothing was written',
      '  next: reconcile init --help\n',
    ].join('\n'),
  );
});

test('files are written whole: modes kept, existing ones left, no neighbour left behind, failures in sentences', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'reconcile-cli-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const files = nodeFiles(1);
  const plan = join(folder, 'plan.json');
  expect(await files.read(plan)).toBeUndefined();
  await writeFile(plan, 'old', { mode: 0o644 });
  expect(await files.write(plan, 'new', { mode: 0o600, replace: true })).toBe('written');
  expect([await readFile(plan, 'utf8'), (await stat(plan)).mode & 0o777]).toEqual(['new', 0o600]);
  expect(await files.write(plan, 'other', { mode: 0o644, replace: false })).toBe('exists');
  expect(await files.write(join(folder, 'infra.yaml'), 'x', { mode: 0o644, replace: false })).toBe('written');
  expect((await readdir(folder)).sort()).toEqual(['infra.yaml', 'plan.json']);
  await expect(files.write(join(folder, 'none/plan.json'), 'x', { mode: 0o600, replace: true })).rejects.toThrow(
    /^can't write .*plan\.json: its folder does not exist$/,
  );
  await expect(files.read(folder)).rejects.toThrow(/: it is a folder$/);
});

test('suggestions are near or none', () => {
  const words = ['plan', 'apply', 'check', 'production', 'staging'];
  const typed = ['plna', 'aply', 'chekc', 'prod', 'stagign', 'PLAN', 'xyz', 'p'];
  expect(typed.map((word) => suggestion(word, words))).toEqual([
    'plan',
    'apply',
    'check',
    'production',
    'staging',
    'plan',
    undefined,
    undefined,
  ]);
});
