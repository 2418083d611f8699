/* npm run setup: says what this machine has and lacks, and what to type next. Changes nothing. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { $, chalk, which } from 'zx';
import { home, readProject } from './project.ts';

const ok = (text: string): void => console.log(`${chalk.green('ok')}       ${text}`);
const missing = (text: string, next: string): void =>
  console.log(`${chalk.yellow('missing')}  ${text}\n         ${next}`);

const major = Number(process.versions.node.split('.')[0]);
if (major >= 20) ok(`Node ${process.versions.node}`);
else missing(`Node 20 or newer (this is ${process.versions.node})`, 'nodejs.org/download');

if (existsSync(resolve(home, 'node_modules'))) ok('dependencies');
else missing('dependencies', 'npm ci');

if (existsSync(resolve(home, 'infra.yaml'))) {
  const project = readProject();
  ok(`infra.yaml: ${project.project} with ${Object.keys(project.environments).join(', ')}`);
} else missing('infra.yaml', 'npx tsx src/reconcile.ts init');

if ((await which('docker', { nothrow: true })) === null)
  missing('docker, to build images', 'docs.docker.com/get-docker');
else if ((await $({ nothrow: true, quiet: true })`docker version`).exitCode !== 0)
  missing('a running docker daemon, to build images', 'start Docker');
else ok('docker');

if ((process.env['HCLOUD_TOKEN'] ?? '') !== '') ok('HCLOUD_TOKEN');
else
  missing(
    'HCLOUD_TOKEN, for the real cloud',
    'console.hetzner.cloud › project › Security › API tokens; without one everything runs with --local',
  );

console.log(`\nTry it without an account: ${chalk.bold('npx tsx src/reconcile.ts production --local=simulated')}`);
