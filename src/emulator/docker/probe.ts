import { readFile, statfs } from 'node:fs/promises';
import { z } from 'zod';
import { tailOf } from './engine.ts';
import type { Engine, EngineFlags } from './types.ts';

/** One sentence that says what is missing, and what to do. */
export interface Missing {
  readonly ok: false;
  readonly because: string;
  readonly next: string;
}
export interface EngineFound {
  readonly ok: true;
  readonly version: string;
  readonly cgroup: 'v1' | 'v2';
  readonly memoryMb: number;
}
export interface Host {
  readonly platform: string;
  /** MiB that can be taken now; undefined: not known. */
  availableMemoryMb(): Promise<number | undefined>;
  /** GiB that are free where this path is; undefined: not known. */
  freeDiskGb(path: string): Promise<number | undefined>;
}
/** Room for a handful of machines; a production of three takes up to 6 GiB. */
export const leastRoom = { memoryMb: 1_500, diskGb: 4 } as const;

export const thisHost: Host = {
  platform: process.platform,
  availableMemoryMb: async () => {
    const text = await readFile('/proc/meminfo', 'utf8').catch(() => '');
    const kilobytes = /^MemAvailable:\s+(\d+) kB/m.exec(text)?.[1];
    return kilobytes === undefined ? undefined : Math.floor(Number(kilobytes) / 1024);
  },
  freeDiskGb: async (path) => {
    const found = await statfs(path).catch(() => undefined);
    return found === undefined ? undefined : Math.floor((found.bavail * found.bsize) / 2 ** 30);
  },
};

const infoSchema = z.looseObject({
  ServerVersion: z.string().default(''),
  OSType: z.string().default(''),
  OperatingSystem: z.string().default(''),
  CgroupVersion: z.string().default('1'),
  MemTotal: z.number().default(0),
  DockerRootDir: z.string().default('/var/lib/docker'),
  SecurityOptions: z.array(z.string()).nullish(),
  ServerErrors: z.array(z.string()).nullish(),
});
export const missing = (because: string, next: string): Missing => ({ ok: false, because, next });

/** Why an engine does not answer, from what the `docker` command says about it. */
export const whyNoAnswer = (stderr: string): Missing => {
  if (/permission denied/i.test(stderr))
    return missing(
      'the Docker engine does not let this user in (permission denied on its socket)',
      'Add the user to the group docker and log in again, or run the command as root',
    );
  if (/cannot connect|is the docker daemon running|no such file or directory|connection refused/i.test(stderr))
    return nobodyAt(/docker daemon at (\S+?)\.?(?:\s|$)/i.exec(stderr)?.[1]);
  return missing(`the Docker engine gives no answer: ${tailOf(stderr, 2)}`, 'Look at docker info');
};

/** Where the engine lives unless DOCKER_HOST or a context of the command say otherwise. */
const usualPlace = 'unix:///var/run/docker.sock';
const nobodyAt = (place = usualPlace): Missing =>
  place === usualPlace
    ? missing('no Docker engine answers', 'Start it (systemctl start docker), or choose --local=simulated')
    : missing(
        `no Docker engine answers at ${place}`,
        'Look at DOCKER_HOST and docker context ls, which name that place, or choose --local=simulated',
      );

/**
 * Whether machines can run on the engine behind the `docker` command. Containers are reached at their own addresses, so
 * the engine must run on this very Linux: not in a virtual machine, not rootless, not elsewhere.
 */
export const probeEngine = async (engine: Engine, host: Host = thisHost): Promise<EngineFound | Missing> => {
  if (host.platform !== 'linux')
    return missing(
      `containers' addresses can't be reached from ${host.platform}, where an engine runs in a virtual machine`,
      'Run it on Linux, or choose --local=simulated',
    );
  let text: string;
  try {
    const answer = await engine.attempt(['info', '--format', '{{json .}}'], { timeoutMs: 20_000 });
    if (answer.code !== 0) return whyNoAnswer(answer.stderr);
    text = answer.stdout;
  } catch (error) {
    const { message, next } = error as Error & { readonly next?: string };
    return missing(message.split('. ')[0] ?? message, next ?? 'Look at docker info');
  }
  const info = infoSchema.safeParse(parsed(text));
  if (!info.success) return missing('docker info answers in a form that is not known', 'Choose --local=simulated');
  const { data } = info;
  if ((data.ServerErrors ?? []).length > 0) return whyNoAnswer((data.ServerErrors ?? []).join('\n'));
  return usable(data) ?? (await room(data, host)) ?? found(data);
};

type Info = z.infer<typeof infoSchema>;
const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
const found = (info: Info): EngineFound => ({
  ok: true,
  version: info.ServerVersion,
  cgroup: info.CgroupVersion === '2' ? 'v2' : 'v1',
  memoryMb: Math.floor(info.MemTotal / 2 ** 20),
});

const usable = (info: Info): Missing | undefined => {
  const next = "Use an engine that runs on this host's Linux, as root, or choose --local=simulated";
  if (info.OSType !== 'linux') return missing(`the Docker engine runs ${info.OSType || 'no Linux'} containers`, next);
  if (/docker desktop/i.test(info.OperatingSystem))
    return missing("Docker Desktop runs its engine in a virtual machine: containers' addresses can't be reached", next);
  if ((info.SecurityOptions ?? []).some((option) => option.includes('rootless')))
    return missing("the Docker engine is rootless: its containers' addresses can't be reached", next);
  const [major = 0, minor = 0] = info.ServerVersion.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 10))
    return missing(`the Docker engine is ${info.ServerVersion}, machines need 20.10 or newer`, next);
  return undefined;
};

const room = async (info: Info, host: Host): Promise<Missing | undefined> => {
  const memory = await host.availableMemoryMb();
  if (memory !== undefined && memory < leastRoom.memoryMb)
    return missing(
      `${memory} MiB of memory are available, machines need ${leastRoom.memoryMb}`,
      'End something that takes memory, or choose --local=simulated',
    );
  const disk = await host.freeDiskGb(info.DockerRootDir);
  if (disk !== undefined && disk < leastRoom.diskGb)
    return missing(
      `${disk} GiB are free in ${info.DockerRootDir}, machines need ${leastRoom.diskGb}`,
      'Free some space (docker system df shows what is taken), or choose --local=simulated',
    );
  return undefined;
};

/** `docker create` flags of a container with systemd inside. The clock and the kernel's modules stay the host's. */
export const machineFlags = (flags: EngineFlags): string[] => [
  '--cap-add',
  'ALL',
  ...[...new Set([...flags.refused, 'SYS_TIME', 'SYS_MODULE'])].flatMap((name) => ['--cap-drop', name]),
  ...['seccomp', 'apparmor', 'systempaths'].flatMap((name) => ['--security-opt', `${name}=unconfined`]),
  ...(flags.cgroup === 'v2' ? ['--cgroupns=private'] : ['--cgroupns=host', '-v', '/sys/fs/cgroup:/sys/fs/cgroup:rw']),
  '--tmpfs',
  '/run:exec,mode=755',
  ...['/var/lib/docker', '/var/lib/containerd'].flatMap((path) => ['-v', path]),
];
