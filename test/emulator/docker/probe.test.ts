import { expect, test } from 'vitest';
import { absentFrom, refusedCapabilities } from '../../../src/emulator/docker/capabilities.ts';
import { type Host, machineFlags, probeEngine } from '../../../src/emulator/docker/probe.ts';
import type { Engine, RunResult } from '../../../src/emulator/docker/types.ts';
import { LocalWorldError } from '../../../src/emulator/world-file.ts';

const info = {
  ServerVersion: '27.3.1',
  OSType: 'linux',
  OperatingSystem: 'Ubuntu 24.04.1 LTS',
  CgroupVersion: '2',
  MemTotal: 16 * 2 ** 30,
  DockerRootDir: '/var/lib/docker',
  SecurityOptions: ['name=apparmor', 'name=seccomp,profile=builtin'],
};
const laptop: Host = {
  platform: 'linux',
  availableMemoryMb: async () => 8_000,
  freeDiskGb: async () => 100,
};
/** An engine that answers as told, and remembers what it was asked. */
const engineOf = (answer: (args: readonly string[]) => Partial<RunResult>) => {
  const asked: string[] = [];
  const attempt = async (args: readonly string[]): Promise<RunResult> => {
    asked.push(args.join(' '));
    return { code: 0, stdout: '', stderr: '', ...answer(args) };
  };
  const engine: Engine = { attempt, run: async (args) => (await attempt(args)).stdout };
  return { engine, asked };
};
const answering = (more: object) => engineOf(() => ({ stdout: JSON.stringify({ ...info, ...more }) })).engine;
const refusing = (stderr: string) => engineOf(() => ({ code: 1, stderr })).engine;

test('a usual laptop has all that machines need', async () => {
  expect(await probeEngine(answering({}), laptop)).toEqual({
    ok: true,
    version: '27.3.1',
    cgroup: 'v2',
    memoryMb: 16_384,
  });
});

test.each<[string, Engine, Partial<Host>, RegExp]>([
  [
    'no engine',
    refusing('Cannot connect to the Docker daemon at unix:///var/run/docker.sock.'),
    {},
    /^no Docker engine/,
  ],
  [
    'an engine that is not where DOCKER_HOST says',
    refusing('Cannot connect to the Docker daemon at tcp://127.0.0.1:1. Is the docker daemon running?'),
    {},
    /^no Docker engine answers at tcp:\/\/127\.0\.0\.1:1$/,
  ],
  [
    'no permission',
    refusing('permission denied while trying to connect to the socket'),
    {},
    /does not let this user in/,
  ],
  ['something else', refusing('tls: bad certificate'), {}, /gives no answer: tls: bad certificate$/],
  ['a Mac', answering({}), { platform: 'darwin' }, /can't be reached from darwin/],
  ['Docker Desktop', answering({ OperatingSystem: 'Docker Desktop' }), {}, /virtual machine/],
  ['a rootless engine', answering({ SecurityOptions: ['name=rootless'] }), {}, /rootless/],
  ['Windows containers', answering({ OSType: 'windows' }), {}, /runs windows containers/],
  ['an old engine', answering({ ServerVersion: '19.03.8' }), {}, /is 19\.03\.8, machines need 20\.10/],
  ['little memory', answering({}), { availableMemoryMb: async () => 900 }, /^900 MiB of memory/],
  ['little disk', answering({}), { freeDiskGb: async () => 2 }, /^2 GiB are free in \/var\/lib\/docker/],
  ['an engine that only stammers', engineOf(() => ({ stdout: 'no JSON' })).engine, {}, /form that is not known/],
])('%s is said in one sentence, with a way out', async (_title, engine, host, because) => {
  const found = await probeEngine(engine, { ...laptop, ...host });
  expect(found).toMatchObject({
    ok: false,
    because: expect.stringMatching(because),
    next: expect.stringMatching(/^[A-Z].*[^.]$/),
  });
});

test('no docker command at all is said as such', async () => {
  const attempt = async (): Promise<never> => {
    throw new LocalWorldError('the command docker is not there', 'Install Docker');
  };
  expect(await probeEngine({ attempt, run: attempt }, laptop)).toEqual({
    ok: false,
    because: 'the command docker is not there',
    next: 'Install Docker',
  });
});

test('what is not known of the room keeps nobody from trying', async () => {
  const unknown: Host = { ...laptop, availableMemoryMb: async () => undefined, freeDiskGb: async () => undefined };
  expect(await probeEngine(answering({}), unknown)).toMatchObject({ ok: true });
});

test('the capabilities that a process lacks are read from its mask', () => {
  expect(absentFrom('Name:\tnode\nCapBnd:\t000001fffeffffff\n')).toEqual(['SYS_RESOURCE']);
  expect(absentFrom('CapBnd:\t000001ffffffffff\n')).toEqual([]);
  expect(absentFrom('nothing')).toEqual([]);
});

test('an engine that gives every capability is asked once', async () => {
  const { engine, asked } = engineOf(() => ({}));
  expect(await refusedCapabilities(engine, 'debian:12', async () => '')).toEqual([]);
  expect(asked).toHaveLength(1);
});

test('what this process lacks is dropped first; where that does not help each is tried', async () => {
  const withheld = (names: readonly string[]) =>
    engineOf((args) => {
      const added = args.flatMap((arg, index) => (arg === '--cap-add' ? [args[index + 1]] : []));
      const dropped = args.flatMap((arg, index) => (arg === '--cap-drop' ? [args[index + 1]] : []));
      const refused = names.some((name) => added.includes(name) || (added.includes('ALL') && !dropped.includes(name)));
      return { code: refused ? 125 : 0, stderr: refused ? 'unable to apply caps: operation not permitted' : '' };
    });
  const known = withheld(['SYS_RESOURCE']);
  expect(await refusedCapabilities(known.engine, 'x', async () => 'CapBnd:\t000001fffeffffff')).toEqual([
    'SYS_RESOURCE',
  ]);
  expect(known.asked).toHaveLength(2);
  const unknown = withheld(['SYS_RESOURCE', 'BPF']);
  expect(await refusedCapabilities(unknown.engine, 'x', async () => 'CapBnd:\t000001fffeffffff')).toEqual([
    'SYS_RESOURCE',
    'BPF',
  ]);
});

test('without SYS_ADMIN there are no machines, and the sentence names it', async () => {
  const { engine } = engineOf((args) => ({
    code: args.includes('SYS_ADMIN')
      ? Number(args[args.indexOf('SYS_ADMIN') - 1] === '--cap-add')
      : Number(args.includes('ALL') && args[args.indexOf('ALL') - 1] === '--cap-add'),
  }));
  expect(await refusedCapabilities(engine, 'x', async () => '')).toMatchObject({
    ok: false,
    because: 'the Docker engine refuses SYS_ADMIN to containers',
  });
});

test('the flags follow the engine: cgroup v1 shares the tree of the host, v2 has one of its own', () => {
  const text = (cgroup: 'v1' | 'v2', refused: string[]): string =>
    machineFlags({ cgroup, refused, version: '' }).join(' ');
  expect(text('v1', ['SYS_RESOURCE'])).toBe(
    '--cap-add ALL --cap-drop SYS_RESOURCE --cap-drop SYS_TIME --cap-drop SYS_MODULE ' +
      '--security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined ' +
      '--cgroupns=host -v /sys/fs/cgroup:/sys/fs/cgroup:rw --tmpfs /run:exec,mode=755 ' +
      '-v /var/lib/docker -v /var/lib/containerd',
  );
  expect(text('v2', [])).toContain(' --cgroupns=private --tmpfs');
});
