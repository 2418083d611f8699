import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createEmulator } from '../../src/emulator/emulator.ts';
import { createMachineModels } from '../../src/emulator/machines/models.ts';
import { serveEmulator } from '../../src/emulator/server.ts';
import { fastClock } from '../support/fast-clock.ts';
import { shippedConfig } from '../support/lab.ts';
import type { HolderTask } from './holder-child.ts';

/*
 * faults.md F4 with real processes: the holder is stopped (SIGSTOP) in its worst moment and sleeps past its expiry,
 * another converges, the first goes on (SIGCONT).
 */
const ttlMs = 20_000;
const speed = 8;

const start = (task: HolderTask) => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'holder-child.ts'), JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    said.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    said.err += chunk;
  });
  return { child, said, ended: exitOf(child) };
};
const exitOf = (child: ChildProcess): Promise<number | null> => new Promise((resolve) => child.on('close', resolve));

const changesIn = (output: string): string[] => output.split('\n').filter((line) => line.startsWith('sent '));

/** What the first process sent to change something, and how both ended. */
const story = async (unguarded: boolean) => {
  const directory = await mkdtemp(join(tmpdir(), 'reconcile-stopped-'));
  const time = { from: Date.now(), speed };
  const emulator = createEmulator({ machines: createMachineModels, clock: fastClock(time) });
  const served = await serveEmulator(emulator.fetch);
  const endpoint = `${served.url}/v1`;
  const task = { config: shippedConfig, token: emulator.token, endpoint, directory, ttlMs, time };
  const command = 'pr 7 --yes --only network/pr-7 --only firewall/pr-7';
  const first = start({ ...task, command, stopAt: 'create network/pr-7', unguarded });
  try {
    await expect.poll(() => first.said.out, { timeout: 30_000 }).toContain('stopped');
    const second = start({ ...task, command: `${command} --wait 60s` });
    const secondExit = await second.ended;
    first.child.kill('SIGCONT');
    const firstExit = await first.ended;
    return {
      sent: changesIn(first.said.out),
      firstExit,
      secondExit,
      firstSaid: first.said.err,
      secondSaid: second.said.err,
    };
  } finally {
    first.child.kill('SIGKILL');
    await served.close();
    await rm(directory, { recursive: true, force: true });
  }
};

test.concurrent('a holder stopped past its expiry changes nothing any more when it goes on', {
  timeout: 60_000,
}, async ({ expect }) => {
  const { sent, firstExit, secondExit, firstSaid, secondSaid } = await story(false);
  expect(secondSaid).toContain('waiting for child@');
  // It was stopped before its very first change.
  expect({ secondExit, sent }).toEqual({ secondExit: 0, sent: [] });
  expect(firstExit).not.toBe(0);
  expect(firstSaid.replaceAll(/\s+/g, ' ')).toContain('this run lost the lease on pr-7');
});

test.concurrent('without the look right before a request it would have changed something', { timeout: 60_000 }, async ({
  expect,
}) => {
  expect((await story(true)).sent).not.toEqual([]);
});
