import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

/*
 * Who may import whom (design §4). A folder of src/ may import itself and what its row names.
 * `pure` rows may not touch node:*, the clock, randomness, the environment or the network.
 */
const src = resolve(import.meta.dirname, '../src');
const core = ['domain', 'ports'];
interface Row {
  readonly may: readonly string[];
  readonly pure?: true;
}
const table: Readonly<Record<string, Row>> = {
  domain: { may: [], pure: true },
  ports: { may: ['domain'], pure: true },
  render: { may: ['domain'], pure: true },
  desired: { may: ['domain', 'render'], pure: true },
  cost: { may: ['domain'], pure: true },
  plan: { may: ['domain', 'cost'], pure: true },
  audit: { may: ['domain', 'plan', 'cost'], pure: true },
  config: { may: core },
  observe: { may: core },
  statefile: { may: core },
  execute: { may: core },
  cluster: { may: core },
  hetzner: { may: core },
  nomad: { may: core },
  consul: { may: core },
  machines: { may: core },
  acme: { may: core },
  ssh: { may: core },
  tailscale: { may: core },
  local: { may: core },
  age: { may: core },
  s3: { may: core },
  github: { may: core },
  registry: { may: core },
  // Judges and words are pure; what asks and acts goes through ports.
  preview: { may: [...core, 'render'] },
  emulator: { may: ['hetzner/wire'] },
  cli: { may: [...core] },
  // The composition root, split over files: it builds adapters and hands the stages to the cli.
  compose: {
    may: [
      ...core,
      'config',
      'render',
      'desired',
      'observe',
      'statefile',
      'plan',
      'audit',
      'execute',
      'cluster',
      'cost',
      'hetzner',
      'nomad',
      'consul',
      'machines',
      'ssh',
      'acme',
      'tailscale',
      'local',
      'age',
      's3',
      'github',
      'registry',
      'preview',
    ],
  },
};
const impure = [
  [/\bDate\.now\(|\bnew Date\(\)/, 'reads the clock; take `now` as an argument'],
  [/\bMath\.random\(|\bcrypto\.randomUUID\(/, 'draws randomness; take it as an argument'],
  [/\bprocess\.(env|argv|stdout|stderr)\b/, 'touches the process; take the value as an argument'],
  [/\bfetch\(/, 'touches the network; take a port as an argument'],
] as const;

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const importsOf = (text: string): string[] =>
  [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');

/** One sentence for each breach of the table. */
const breaches = (file: string): string[] => {
  const folder = file.split('/')[0] ?? '';
  if (file === 'reconcile.ts' || !file.includes('/')) return [];
  const row = table[folder];
  if (row === undefined) return [`src/${folder}/ is not in the table of test/imports.test.ts: give it a row`];
  const text = readFileSync(join(src, file), 'utf8');
  const found: string[] = [];
  for (const specifier of importsOf(text)) {
    if (specifier.startsWith('node:') && row.pure) found.push(`${file} is pure and may not import ${specifier}`);
    if (!specifier.startsWith('.')) continue;
    const target = relative(src, resolve(src, dirname(file), specifier));
    if (target.startsWith('..')) continue;
    const allowed = [folder, ...row.may].some((prefix) => target.startsWith(`${prefix}/`));
    if (!allowed) found.push(`${file} may not import ${target}: ${folder} sees only ${row.may.join(', ') || 'itself'}`);
  }
  if (row.pure) {
    const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    for (const [pattern, sentence] of impure) if (pattern.test(code)) found.push(`${file} ${sentence}`);
  }
  return found;
};

test('every file of src/ imports only what the table of the design allows', () => {
  expect(files.length).toBeGreaterThan(20);
  expect(files.flatMap(breaches)).toEqual([]);
});

test('only tests and the entry know the emulator: the product never imports it', () => {
  const knowers = files.filter(
    (file) =>
      !file.startsWith('emulator/') &&
      importsOf(readFileSync(join(src, file), 'utf8')).some((s) => s.includes('/emulator/')),
  );
  expect(knowers.filter((file) => file !== 'reconcile.ts')).toEqual([]);
});

/** What is loaded with a file, all the way down; what is imported where it is needed is not. */
const loadedWith = (file: string, seen = new Set<string>()): ReadonlySet<string> => {
  if (seen.has(file)) return seen;
  seen.add(file);
  const text = readFileSync(join(src, file), 'utf8');
  for (const [, types, specifier = ''] of text.matchAll(/^(?:import|export) (type )?(?:[^;]*? from )?'(\.[^']+)';/gm))
    if (types === undefined) loadedWith(relative(src, resolve(src, dirname(file), specifier)), seen);
  return seen;
};

test('a plan loads nothing of the life of previews, nor of the code host', () => {
  const loaded = [...loadedWith('cli/commands/plan.ts'), ...loadedWith('compose/open.ts')];
  expect(loaded).toContain('compose/workspace.ts');
  expect(
    loaded.filter((file) => /^preview\/(?!activity)|^compose\/(?:open-life|preview-world|tidy-pool)/.test(file)),
  ).toEqual([]);
});
