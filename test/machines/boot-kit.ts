import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deliveredFiles } from '../../src/cluster/delivery.ts';
import { makeClusterKeys } from '../../src/cluster/keys/cluster-keys.ts';
import { newHostKeys } from '../../src/cluster/keys/ssh-keys.ts';
import { type ClusterKeys, userDataMarks } from '../../src/domain/cluster-keys.ts';
import type { Artifacts, Environment } from '../../src/domain/environment.ts';
import { artifactFile } from '../../src/domain/versions.ts';
import { archiveOf } from '../../src/emulator/docker/archive.ts';
import { tarGzOf, zipOf } from '../../src/emulator/docker/binaries-archive.ts';
import { checksumOf } from '../../src/emulator/docker/binaries-cache.ts';
import { findProgram } from '../../src/emulator/docker/binaries-find.ts';
import { createEngine } from '../../src/emulator/docker/engine.ts';
import { ensureMachineImage } from '../../src/emulator/docker/image.ts';
import { machineFlags } from '../../src/emulator/docker/probe.ts';
import { systemClock } from '../../src/local/clock.ts';
import { systemRandom } from '../../src/local/random.ts';
import type { DeliveredFile } from '../../src/ports/machines.ts';
import { nodeOf, render } from '../render/kit.ts';

/*
 * One emulated server without an emulated cloud: our user data, the real cloud-init, a mirror in this process, and the
 * provisioner's deliveries put there by hand. So the bootstrap itself is what is tried.
 */
const engine = createEngine();
const label = ['--label', 'emulated-cloud=boot-test'];
const sides = { public: '198.19.251', wire: '192.168.251' } as const;

export interface Mirror {
  readonly artifacts: Artifacts;
  close(): void;
}

/** Serves what is found on this machine, packed as the vendors do, with its own checksums. */
export const startMirror = async (versions: Environment['versions'], env: NodeJS.ProcessEnv): Promise<Mirror> => {
  const served = new Map<string, Buffer>();
  const checksums: Record<string, Record<string, { amd64: string }>> = {};
  for (const artifact of ['consul', 'nomad', 'caddy'] as const) {
    const found = await findProgram(artifact, env, 'amd64');
    if (found === undefined) throw new Error(`no ${artifact}`);
    const file = { path: artifact, content: readFileSync(found.path), mode: 0o755 };
    const archive = artifact === 'caddy' ? tarGzOf([file]) : zipOf([file]);
    const version = versions[artifact];
    served.set(`/mirror/${artifact}/${version}/${artifactFile(artifact, version, 'amd64')}`, archive);
    checksums[artifact] = { [version]: { amd64: checksumOf(archive) } };
  }
  const server = createServer((request, response) => {
    const archive = served.get(request.url ?? '');
    response.writeHead(archive === undefined ? 404 : 200).end(archive);
  });
  await new Promise<void>((done) => server.listen(0, '0.0.0.0', done));
  const { port } = server.address() as AddressInfo;
  return {
    artifacts: { mirror: `http://${sides.public}.254:${port}/mirror`, checksums },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
};

export interface Ran {
  readonly code: number;
  readonly text: string;
}
export interface BootedServer {
  readonly keys: ClusterKeys;
  readonly publicIp: string;
  readonly privateIp: string;
  /** A shell command on the server; its output, both streams. */
  sh(command: string, input?: string | Buffer): Promise<Ran>;
  /** As sh; throws with the output when the command fails. */
  must(command: string, input?: string | Buffer): Promise<string>;
  /** What the provisioner delivers, or these files instead, as it does: all at once, then installed if it is time. */
  deliver(files?: readonly DeliveredFile[]): Promise<Ran>;
  /** Power cut and start. */
  reset(): Promise<void>;
}

/** Starts the first server of the environment from its user data alone; the mirror stands for the vendors. */
export const bootServer = async (base: Environment, mirror: Mirror): Promise<BootedServer> => {
  const environment = { ...base, artifacts: mirror.artifacts };
  const { name, privateIp } = nodeOf(environment);
  const given = { clock: systemClock, random: systemRandom };
  const keys = await makeClusterKeys({ name: 'boot-test', ...given });
  const userData = fill(render(environment).text, keys, name);
  const container = 'boot-test-server';
  const publicIp = `${sides.public}.1`;

  await cleanUp();
  const { tag, refused } = await ensureMachineImage({ engine, env: process.env, progress: () => undefined });
  for (const [side, prefix] of Object.entries(sides)) {
    const addresses = ['--subnet', `${prefix}.0/24`, '--gateway', `${prefix}.254`];
    await engine.run(['network', 'create', ...label, ...addresses, `boot-test-${side}`]);
  }
  const cgroup = (await engine.run(['info', '--format', '{{.CgroupVersion}}'])).trim() === '2' ? 'v2' : 'v1';
  const flags = machineFlags({ cgroup, refused, version: '' });
  const network = ['--network', 'boot-test-public', '--ip', publicIp];
  await engine.run(['create', '--name', container, '--hostname', name, ...label, ...flags, ...network, tag]);
  await engine.run(['network', 'connect', '--ip', `${sides.wire}.11`, 'boot-test-wire', container]);
  const wire = `wire ${sides.wire}.11 ${privateIp} ${environment.network.range}`;
  const files = [
    { path: 'etc/emulated/network', content: `public ${publicIp} ${sides.public}.254\n${wire}\n` },
    { path: 'etc/emulated/volumes', content: '' },
    { path: 'var/lib/cloud/seed/nocloud/user-data', content: userData },
    { path: 'var/lib/cloud/seed/nocloud/meta-data', content: `instance-id: boot-test\nlocal-hostname: ${name}\n` },
  ];
  await engine.run(['cp', '-', `${container}:/`], { input: archiveOf(files, Date.now()) });
  await engine.run(['start', container]);

  const sh = async (command: string, input?: string | Buffer): Promise<Ran> => {
    const { code, stdout, stderr } = await engine.attempt(['exec', '-i', container, 'bash', '-c', command], {
      timeoutMs: 120_000,
      ...(input !== undefined && { input }),
    });
    return { code, text: `${stdout}${stderr}` };
  };
  const must = async (command: string, input?: string | Buffer): Promise<string> => {
    const { code, text } = await sh(command, input);
    if (code !== 0) throw new Error(`${command}: status ${code}: ${text}`);
    return text;
  };
  const usual = () => deliveredFiles(keys, { name, privateIp, datacenter: environment.name }, given);
  return {
    keys,
    publicIp,
    privateIp,
    sh,
    must,
    deliver: async (files) => sh(takeDelivery, archiveOf(deliveryOf(files ?? (await usual())), Date.now())),
    reset: async () => {
      await engine.run(['kill', container]);
      await engine.run(['start', container]);
    },
  };
};

/** Whatever an earlier run left, too. */
export const cleanUp = async (): Promise<void> => {
  const ours = ['--filter', 'label=emulated-cloud=boot-test', '-q'];
  const containers = (await engine.run(['ps', '-a', ...ours])).split('\n').filter(Boolean);
  if (containers.length > 0) await engine.run(['rm', '-fv', ...containers]);
  const networks = (await engine.run(['network', 'ls', ...ours])).split('\n').filter(Boolean);
  if (networks.length > 0) await engine.run(['network', 'rm', ...networks]);
};

const fill = (text: string, keys: ClusterKeys, server: string): string => {
  const { first } = newHostKeys(server);
  const values = {
    firstHostPrivateKey: first?.privateKey.reveal() ?? '',
    firstHostPublicKey: first?.publicKey ?? '',
    provisionerPublicKey: keys.ssh.publicKey,
  };
  return Object.entries(userDataMarks).reduce(
    (filled, [name, mark]) => filled.replace(mark, () => JSON.stringify(values[name as keyof typeof values])),
    text,
  );
};

const deliveryOf = (files: readonly DeliveredFile[]) => [
  ...files.map(({ content }, index) => ({
    path: `delivery/${index + 1}`,
    content: typeof content === 'string' ? content : content.reveal(),
    mode: 0o600,
  })),
  {
    path: 'delivery/manifest',
    content: files.map(({ mode, owner, path }, index) => `${index + 1} ${mode} ${owner} ${path}\n`).join(''),
  },
];
const takeDelivery = `set -e
cd /var/lib/bootstrap
rm -rf incoming delivery
mkdir -m 0700 incoming
tar -C incoming -xf -
mv incoming/delivery .
[ ! -e installed ] || /usr/local/sbin/install-delivery`;
