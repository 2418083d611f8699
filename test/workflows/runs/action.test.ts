import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { runAction } from '../local-runner.ts';
import { loadAction, root } from '../workflow.ts';
import { shippedInfra } from './infra.ts';

/*
 * action.yml as another repository uses it: in a clean clone, with what npm installs there and nothing else, in the
 * workspace of the caller, which has an infra.yaml and no line of this project.
 */

const directory = mkdtempSync(join(tmpdir(), 'action-'));
const clone = join(directory, 'clone');
const workspace = join(directory, 'workspace');
const temp = join(directory, 'temp');
beforeAll(() => {
  execFileSync('git', ['clone', '--quiet', '--no-hardlinks', root, clone]);
  // What is not committed yet is tried, too.
  copyFileSync(join(root, 'action.yml'), join(clone, 'action.yml'));
  for (const folder of [workspace, temp, join(workspace, 'deploy')]) mkdirSync(folder);
  writeFileSync(join(workspace, 'deploy/infra.yaml'), stringify({ ...shippedInfra(), project: 'shop' }));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Node as actions/setup-node would put it there: not that of the clone, which has no development packages. */
const node = join(root, 'node_modules/node/bin');
/** What stands for npm once everything is installed, so that it happens once. */
const installed = join(import.meta.dirname, 'bin');
const used = (inputs: Record<string, string>, npm?: 'real') =>
  runAction(
    loadAction('action.yml'),
    {
      runner: {
        directory,
        repository: 'acme/other',
        sha: '0'.repeat(40),
        eventName: 'push',
        event: {},
        token: 'token-of-the-workflow',
        vars: {},
        secrets: {},
        uses: { 'actions/setup-node': async () => undefined },
        env: {
          // Proxies and certificates of this machine, for npm.
          ...(process.env as Record<string, string>),
          PATH: [...(npm === 'real' ? [] : [installed]), node, process.env['PATH'] ?? ''].join(':'),
          STAND_INS: '/dev/null',
        },
      },
      place: { workspace, temp },
      contexts: { github: { token: 'token-of-the-workflow' } },
      env: {},
    },
    inputs,
    clone,
  );
const here = { config: 'infra.yaml', 'working-directory': 'deploy', local: 'simulated' };

test('ten lines of another repository: staging is made, and the step says where it answers', async () => {
  const ran = await used({ ...here, command: 'staging --yes' }, 'real');
  expect(ran.failed, ran.log).toBe(false);
  expect(ran.outputs).toEqual({ url: 'https://staging.aipacto.com', state: 'converged', 'exit-code': '0' });
  expect(ran.summary).toContain('### staging: converged');
});

test('pending changes end the step well or badly, as its input says', async () => {
  const command = 'plan production';
  const fine = await used({ ...here, command });
  expect([fine.failed, fine.outputs['state'], fine.outputs['exit-code']]).toEqual([false, 'changes', '2']);
  const bad = await used({ ...here, command, changes: 'fail' });
  expect([bad.failed, bad.outputs['exit-code']]).toEqual([true, '2']);
});

test('what the caller writes is a word of the command line, never of a shell', async () => {
  const trap = join(directory, 'pwned');
  const ran = await used({ ...here, command: `plan $(touch ${trap}) ; touch ${trap} \`touch ${trap}\` *` });
  expect([ran.failed, ran.outputs['exit-code']]).toEqual([true, '64']);
  const config = await used({ ...here, command: 'plan staging', config: `"; touch ${trap}; "` });
  expect(config.outputs['exit-code']).toBe('1');
  expect(() => execFileSync('test', ['-e', trap])).toThrow();
});
