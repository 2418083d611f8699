import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/*
 * A real Nomad and Consul in development mode on this very machine, with its own Docker engine behind the docker driver:
 * everything of a job is real but the cluster it runs on.
 */
const root = resolve(import.meta.dirname, '../..');

/** A program that answers `<program> version`, by its variable or on PATH. */
export const program = (name: string, variable: string, asked = 'version'): string | undefined => {
  const candidate = process.env[variable] ?? name;
  return spawnSync(candidate, [asked], { stdio: 'ignore' }).status === 0 ? candidate : undefined;
};
export const hasDocker = (): boolean => spawnSync('docker', ['version'], { stdio: 'ignore' }).status === 0;

export const freePort = (): Promise<number> =>
  new Promise((done, fail) => {
    const server = createServer();
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => done(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

export const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Looks again and again; throws with the last thing seen when the bound is reached. */
export const until = async <T>(what: string, bound: number, look: () => Promise<T | undefined>): Promise<T> => {
  const end = Date.now() + bound;
  let last: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`${what}: not within ${bound / 1000} s; last: ${String(last)}`);
    await sleep(200);
  }
};

export interface Agents {
  readonly nomad: string;
  readonly consul: string;
  stop(): Promise<void>;
}

/** `pullFile`: of the login at a registry, as on servers. */
export const startAgents = async (nomadBin: string, consulBin: string, pullFile?: string): Promise<Agents> => {
  const directory = mkdtempSync(join(tmpdir(), 'reconcile-agents-'));
  const ports = await Promise.all(Array.from({ length: 6 }, freePort));
  const [http, rpc, serf, consulHttp, consulServer, consulSerf] = ports;
  writeFileSync(
    join(directory, 'consul.hcl'),
    `bind_addr = "127.0.0.1"
ports { http = ${consulHttp}, dns = -1, grpc = -1, grpc_tls = -1, server = ${consulServer}, serf_lan = ${consulSerf}, serf_wan = -1 }
`.replaceAll(', ', '\n'),
  );
  writeFileSync(
    join(directory, 'nomad.hcl'),
    `bind_addr = "127.0.0.1"
disable_update_check = true
ports {
  http = ${http}
  rpc  = ${rpc}
  serf = ${serf}
}
consul {
  address = "127.0.0.1:${consulHttp}"
}
client {
  options = { "fingerprint.denylist" = "env_aws,env_azure,env_gce,env_digitalocean" }
}
plugin "docker" {
  config {
    allow_privileged = false
    volumes {
      enabled = false
    }
${
  pullFile === undefined
    ? ''
    : `    auth {
      config = "${pullFile}"
    }
`
}    gc {
      image = false
    }
  }
}
`,
  );
  const start = (command: string, args: readonly string[], name: string) => {
    const log = openSync(join(directory, `${name}.log`), 'w');
    const child = spawn(command, args, { stdio: ['ignore', log, log], cwd: directory });
    return { end: () => endOf(child) };
  };
  /** Another agent on this engine may have containers of its own. */
  const before = new Set(ofNomad());
  const consulProcess = start(consulBin, ['agent', '-dev', '-config-file=consul.hcl'], 'consul');
  const [nomad, consul] = [`http://127.0.0.1:${http}`, `http://127.0.0.1:${consulHttp}`];
  await until('Consul has a leader', 30_000, async () =>
    (await (await fetch(`${consul}/v1/status/leader`)).text()).length > 2 ? true : undefined,
  );
  const nomadProcess = start(nomadBin, ['agent', '-dev', '-config=nomad.hcl'], 'nomad');
  // A node that does not see Consul or Docker yet would take no job of ours.
  await until('a Nomad node that sees Consul and Docker', 60_000, async () => {
    const nodes = (await (await fetch(`${nomad}/v1/nodes`)).json()) as { ID: string }[];
    const reply = await fetch(`${nomad}/v1/node/${nodes[0]?.ID}`);
    const { Attributes: seen } = (await reply.json()) as { Attributes: Record<string, string> };
    return seen['consul.version'] !== undefined && seen['driver.docker'] === '1' ? true : undefined;
  });
  const ours = (): string[] => ofNomad().filter((id) => !before.has(id));
  return {
    nomad,
    consul,
    stop: async () => {
      await nomadProcess.end();
      await consulProcess.end();
      // Containers survive their agent.
      for (const id of ours()) docker(['rm', '-f', id]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
};

const ofNomad = (): string[] =>
  docker(['ps', '-aq', '--filter', 'label=com.hashicorp.nomad.alloc_id'])
    .split('\n')
    .filter((id) => id !== '');

const endOf = (child: ReturnType<typeof spawn>): Promise<void> =>
  new Promise((done) => {
    if (child.exitCode !== null || child.signalCode !== null) return done();
    child.once('exit', () => done());
    child.kill('SIGINT');
  });

/** Builds an image of docker/ on a base that needs no registry: one program, a shell, and the libraries they name. */
export const buildImage = (name: string, dockerfile: string, command: string, as: string): void => {
  const context = mkdtempSync(join(tmpdir(), 'reconcile-base-'));
  try {
    const files = [...new Set([command, '/bin/sh', ...librariesOf(command), ...librariesOf('/bin/sh')])];
    for (const file of files) {
      const to = file === command ? `/usr/bin/${as}` : file;
      mkdirSync(join(context, 'root', to, '..'), { recursive: true });
      copyFileSync(file, join(context, 'root', to));
    }
    writeFileSync(join(context, 'Dockerfile'), 'FROM scratch\nCOPY root/ /\n');
    docker(['build', '-q', '-t', `${name}-base`, context]);
    docker([
      'build',
      '-q',
      '--build-arg',
      `BASE=${name}-base`,
      '-t',
      name,
      '-f',
      join(root, dockerfile),
      join(root, 'docker'),
    ]);
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
};

export const docker = (args: readonly string[]): string =>
  execFileSync('docker', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

const librariesOf = (command: string): string[] => {
  const { stdout, status } = spawnSync('ldd', [command], { encoding: 'utf8' });
  if (status !== 0) return [];
  return [...stdout.matchAll(/(?:=>\s+)?(\/\S+)\s+\(0x/g)].map((match) => match[1] ?? '');
};
