import { expect, test } from 'vitest';
import { type BootFacts, parseBootFacts } from '../../src/ssh/boot-script.ts';
import { bootVerdict } from '../../src/ssh/boot-status.ts';
import { bootTimings } from '../../src/ssh/boot-timings.ts';
import { setUp, target, type World } from './kit.ts';

const state = '/var/lib/bootstrap';
const cloudStatus = (v1: object): string => JSON.stringify({ v1 });
const look = async (prepare: (world: World) => void) => {
  const world = await setUp();
  prepare(world);
  return world.machines().bootStatus(target);
};

test('before any of our files exists the machine is running and waits for files', async () => {
  expect(await look(() => {})).toEqual({ stage: 'running', detail: 'cloud-init has not begun', awaitsFiles: true });
});

test('cloud-init’s own stage, then the bootstrap’s', async () => {
  const status = cloudStatus({ stage: 'modules-config', 'modules-config': { errors: [], start: 1, finished: null } });
  expect(await look(({ machine }) => machine.write('/run/cloud-init/status.json', status))).toEqual({
    stage: 'running',
    detail: 'cloud-init: modules-config',
    awaitsFiles: true,
  });
  expect(
    await look(({ machine }) => {
      machine.write('/run/cloud-init/status.json', status);
      machine.write(`${state}/stage`, 'packages\n');
    }),
  ).toEqual({ stage: 'running', detail: 'bootstrap: packages', awaitsFiles: true });
});

test('a delivery that lies there or was installed is not awaited again', async () => {
  const delivered = await look(({ machine }) => machine.write(`${state}/delivery/manifest`, ''));
  expect(delivered).toMatchObject({ stage: 'running', awaitsFiles: false });
  const installed = await look(({ machine }) => machine.write(`${state}/installed`, ''));
  expect(installed).toMatchObject({ stage: 'running', awaitsFiles: false });
});

test('the bootstrap’s error is told at once, with the end of the log in lines of a bearable length', async () => {
  const log = [...[...Array(40).keys()].map((n) => `line ${n}`), 'x'.repeat(1000)].join('\n');
  const status = await look(({ machine }) => {
    machine.write(`${state}/stage`, 'downloads\n');
    machine.write(`${state}/error`, "downloads: can't download https://mirror.test/consul.zip\n");
    machine.write('/var/log/cloud-init-output.log', log);
  });
  expect(status).toEqual({
    stage: 'error',
    detail: [
      "the bootstrap failed: downloads: can't download https://mirror.test/consul.zip",
      'the end of /var/log/cloud-init-output.log:',
      ...[...Array(29).keys()].map((n) => `line ${n + 11}`),
      `${'x'.repeat(300)}…`,
    ].join('\n'),
  });
});

test('cloud-init’s own errors are told at once, wherever it writes them', async () => {
  const errors = ["('ssh', KeyError('x'))"];
  const status = cloudStatus({ stage: 'modules-final', init: { errors: [] }, 'modules-config': { errors } });
  expect(await look(({ machine }) => machine.write('/run/cloud-init/status.json', status))).toEqual({
    stage: 'error',
    detail: "cloud-init failed: ('ssh', KeyError('x'))",
  });
  expect(await look(({ machine }) => machine.write('/run/cloud-init/result.json', cloudStatus({ errors })))).toEqual({
    stage: 'error',
    detail: "cloud-init failed: ('ssh', KeyError('x'))",
  });
  expect(await look(({ machine }) => machine.write('units', 'active\nactive\nactive\nfailed\n'))).toEqual({
    stage: 'error',
    detail: 'cloud-init failed: one of its services did',
  });
});

test('user data that cloud-init did not understand is an error, not a wait until the deadline', async () => {
  const ended = cloudStatus({ errors: [] });
  expect(await look(({ machine }) => machine.write('/run/cloud-init/result.json', ended))).toEqual({
    stage: 'error',
    detail: 'cloud-init has ended, but the bootstrap never began: the user data was not understood',
  });
  expect(
    await look(({ machine }) => {
      machine.write('/run/cloud-init/result.json', ended);
      machine.write(`${state}/stage`, 'packages\n');
    }),
  ).toEqual({ stage: 'error', detail: 'cloud-init has ended, but the bootstrap has not: it got to packages' });
});

const cloudLog = [
  '2026-11-24 06:00:01,250 - handlers.py[DEBUG]: start: init-network/config-ssh: running config-ssh with frequency once-per-instance',
  '2026-11-24 06:00:01,700 - handlers.py[DEBUG]: finish: init-network/config-ssh: SUCCESS: config-ssh ran successfully',
  '2026-11-24 06:00:02,000 - handlers.py[DEBUG]: start: modules-config/config-ntp: running config-ntp',
  '2026-11-24 06:00:02,010 - handlers.py[DEBUG]: finish: modules-config/config-ntp: SUCCESS: config-ntp ran',
  '2026-11-24 06:00:02,020 - util.py[DEBUG]: start: nothing',
  '2026-11-24 06:00:02,500 - log_util.py[DEBUG]: start: modules-final/config-scripts_user: running',
  '2026-11-24 06:00:09,000 - log_util.py[DEBUG]: finish: modules-final/config-scripts_user: SUCCESS',
].join('\n');

test('done: where the time went, by cloud-init’s modules and the bootstrap’s stages; short parts are left out', async () => {
  const status = await look(({ machine }) => {
    machine.write(`${state}/done`, '');
    machine.write(`${state}/installed`, '');
    machine.write(`${state}/timeline`, '1763960402500 network\n1763960402540 packages\n1763960406040 done\n');
    machine.write('/var/log/cloud-init.log', cloudLog);
  });
  expect(status).toEqual({
    stage: 'done',
    timings: [
      { what: 'cloud-init: ssh', ms: 450 },
      { what: 'cloud-init: scripts_user', ms: 6500 },
      { what: 'bootstrap: packages', ms: 3500 },
    ],
  });
});

test('done stays done after a reboot, whatever cloud-init says of its empty second run', () => {
  const facts: BootFacts = { done: true, installed: true, delivered: false, result: cloudStatus({ errors: [] }) };
  expect(bootVerdict(facts)).toEqual({ stage: 'done', timings: [] });
});

test('half a file is no news: the next look tells', () => {
  const facts: BootFacts = { done: false, installed: false, delivered: false, status: '{"v1": {"sta' };
  expect(bootVerdict(facts).stage).toBe('running');
  expect(parseBootFacts('garbage\n')).toEqual({ done: false, installed: false, delivered: false });
  expect(bootTimings({ timeline: 'x\n\n12 y\n', modules: 'finish: nothing' })).toEqual([]);
});

test('nobody listens, or the login is refused: unreachable, and waiting may heal it', async () => {
  const world = await setUp();
  const machines = world.machines();
  await world.machine.close();
  expect(await machines.bootStatus(target)).toEqual({ stage: 'unreachable', because: 'connection refused' });

  const other = await setUp();
  const ours = other.ring.current();
  other.ring.current = () => (ours === null ? null : { ...ours, ssh: world.ring.current()?.ssh ?? ours.ssh });
  expect(await other.machines().bootStatus(target)).toEqual({ stage: 'unreachable', because: 'the login was refused' });
});
