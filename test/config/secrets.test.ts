import { expect, test } from 'vitest';
import { environmentFor } from '../../src/config/environment.ts';
import { formatProblems } from '../../src/config/format.ts';
import { loadProject } from '../../src/config/project.ts';
import { ConfigError } from '../../src/domain/errors.ts';

const text = (job: string, production = '{}'): string => `project: shop
domain: shop.example
defaults:
  jobs:
    - name: api
      file: jobs/server.nomad.hcl
      image: shop/api:1
      port: 3000
      routes: [/api]
${job}
environments:
  production: ${production}
`;
const load = (source: string) => loadProject({ text: source, file: 'infra.yaml', env: {} });
const apiOf = (source: string) => environmentFor(load(source), { type: 'production' }).jobs[0];
const told = (source: string): string => {
  try {
    load(source);
    return 'nothing';
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return formatProblems(error.problems);
  }
};

test('a secret is a name, or a name with how it comes by its value; an environment replaces the whole list', () => {
  const job =
    '      secrets: [DATABASE_URL, { name: JWT_SECRET, generate: true }, { name: DSN, optional: true, local: x }]';
  expect(apiOf(text(job))?.secrets).toEqual([
    { name: 'DATABASE_URL' },
    { name: 'JWT_SECRET', generate: true },
    { name: 'DSN', optional: true, local: 'x' },
  ]);
  expect(apiOf(text(job, '{ jobs: { api: { secrets: [OTHER] } } }'))?.secrets).toEqual([{ name: 'OTHER' }]);
  expect(apiOf(text(''))?.secrets).toEqual([]);
});

test('a release is a command in the job’s own image; its file has a default', () => {
  expect(apiOf(text('      release: { command: [node, migrate.mjs] }'))?.release).toEqual({
    command: ['node', 'migrate.mjs'],
    file: 'jobs/release.nomad.hcl',
  });
  expect(told(text('      release: { command: [] }'))).toContain('infra.yaml:10:27  defaults.jobs[0].release.command');
});

test('what is wrong with a secret is told at its place', () => {
  const at = (secrets: string): string => told(text(`      secrets: ${secrets}`));
  expect(at('[database_url]')).toMatch(
    /^infra\.yaml:10:17 {2}defaults\.jobs\[0\]\.secrets\[0\]\n.*no name of a secret/,
  );
  expect(at('[{ name: NOMAD_TOKEN }]')).toMatch(/^infra\.yaml:10:25 .*\n.*Nomad's own/);
  expect(at('[A, { name: A, optional: true }]')).toMatch(/^infra\.yaml:10:20 .*\n.*the secret A is named twice/);
  expect(at('[{ name: A, generate: true, local: x }]')).toContain('A is generated, so it is never missing');
});
