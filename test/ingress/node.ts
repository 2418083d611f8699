import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serverNodes } from '../../src/desired/server.ts';
import type { Environment } from '../../src/domain/environment.ts';
import { hostAt } from '../../src/domain/ip.ts';
import { serverView } from '../../src/render/server-view.ts';
import { renderTemplate } from '../../src/render/template.ts';
import { assets } from '../desired/inputs.ts';
import { caddyBinary, freePorts, type Running, start, until } from './processes.ts';

/*
 * The ingress of one server as processes of this machine: the real Caddy with the rendered Caddyfile and the rendered
 * program beside it. Bent: folders, and ports, which go to free ones of 127.0.0.1.
 */
export interface IngressNode {
  readonly folder: string;
  readonly caddyfile: string;
  /** ingress-routes, as rendered. */
  readonly program: string;
  readonly ports: { readonly http: number; readonly https: number; readonly metrics: number };
  /** Starts Caddy and the router, waits until both answer. */
  startCaddy(): Promise<{ readonly caddy: Running; readonly router: Running }>;
  startRouter(): Running;
  /** Without Consul: every request goes to this port. */
  routeAll(port: number): void;
  /** What systemd does on `systemctl reload caddy`; '' or what Caddy said against it. */
  reload(): string;
  /** `caddy validate`: the last line of what it says. */
  validate(): string;
  startRoutes(consulPort: number, tokenFile: string): Running;
  routes(): string;
  /** Ends what was started and removes the folder. */
  end(): Promise<void>;
}

/** The environment as it would be with this template rendered for its first server. */
export const render = (environment: Environment, template: string, privateIp?: string): string => {
  const [node] = serverNodes(environment);
  if (node === undefined) throw new Error('an environment has a server');
  const view = serverView(environment, { ...node, privateIp: privateIp ?? node.privateIp });
  const source = assets.templates[`templates/${template}.hbs`] ?? '';
  return renderTemplate({ name: template, source, data: view });
};

export interface NodeOptions {
  /** Default: free ones. */
  readonly ports?: Pick<IngressNode['ports'], 'http' | 'https'>;
  /** In place of the load balancer's private address. */
  readonly loadBalancerIp?: string;
}

export const createNode = async (environment: Environment, options: NodeOptions = {}): Promise<IngressNode> => {
  const folder = mkdtempSync(join(tmpdir(), 'ingress-'));
  const [freeHttp = 0, freeHttps = 0, metrics = 0] = await freePorts(3);
  const { http, https } = options.ports ?? { http: freeHttp, https: freeHttps };
  const bent = render(environment, 'Caddyfile', '127.0.0.1')
    .replaceAll('/etc/caddy/', `${folder}/`)
    .replace('unix//run/caddy/admin.sock', `unix/${folder}/admin.sock`)
    .replaceAll(hostAt(environment.network.subnet, 5), options.loadBalancerIp ?? hostAt(environment.network.subnet, 5))
    .replace('shutdown_delay 10s', 'shutdown_delay 1s')
    .replaceAll('/run/ingress', `${folder}/run`)
    .replace('http://127.0.0.1:2019', `http://127.0.0.1:${metrics}`)
    .replace(/^\{\n/, `{\n\thttp_port ${http}\n\thttps_port ${https}\n\tdefault_bind 127.0.0.1\n`);
  const caddyfile = join(folder, 'Caddyfile');
  writeFileSync(caddyfile, bent);
  const program = join(folder, 'ingress-routes');
  writeFileSync(program, render(environment, 'ingress-routes.py'));
  if (environment.acme?.ca !== undefined)
    writeFileSync(join(folder, 'acme-ca.pem'), render(environment, 'acme-ca.pem'));
  mkdirSync(join(folder, 'routes'));
  mkdirSync(join(folder, 'tls'));
  mkdirSync(join(folder, 'run'));
  const env = { XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  const caddy = (...args: string[]): string => {
    const { status, stderr } = spawnSync(caddyBinary ?? 'caddy', [...args, '--adapter', 'caddyfile'], {
      encoding: 'utf8',
      env: { ...process.env, ...env },
    });
    return status === 0 ? '' : stderr;
  };
  const running: Running[] = [];
  const remember = (one: Running): Running => {
    running.push(one);
    return one;
  };
  const places = ['--caddy', caddyBinary ?? 'caddy', '--routes', join(folder, 'routes'), '--run', join(folder, 'run')];
  /** Shorter than on a server: a test makes twenty changes in a row. */
  const pace = ['--debounce', '0.05', '--settle', '0.15', '--grace', '2'];
  const run = (config: string, log: string): Running =>
    remember(
      start(caddyBinary ?? 'caddy', ['run', '--adapter', 'caddyfile', '--config', config], join(folder, log), env),
    );
  const startRouter = (): Running => {
    execFileSync('python3', [program, '--prepare', ...places, ...pace]);
    return run(join(folder, 'routes/router.caddyfile'), 'router.log');
  };
  return {
    folder,
    caddyfile,
    program,
    ports: { http, https, metrics },
    startRouter,
    routeAll: (port) => {
      const file = join(folder, 'routes/router.caddyfile');
      const proxy = `reverse_proxy 127.0.0.1:${port} {\n\t\t\timport upstreams\n\t\t}`;
      writeFileSync(file, readFileSync(file, 'utf8').replace('\troute {\n', `\troute {\n\t\t${proxy}\n`));
      const fault = caddy('reload', '--config', file);
      if (fault !== '') throw new Error(fault);
      writeFileSync(join(folder, 'run/ready'), '');
    },
    startCaddy: async () => {
      const router = startRouter();
      const front = run(caddyfile, 'caddy.log');
      await until('an answer of Caddy', async () => (await fetch(`http://127.0.0.1:${http}/healthz`)).status > 0);
      await until('the router', () => existsSync(join(folder, 'run/1.sock')));
      return { caddy: front, router };
    },
    reload: () => caddy('reload', '--force', '--config', caddyfile),
    validate: () => caddy('validate', '--config', caddyfile),
    startRoutes: (consulPort, tokenFile) =>
      remember(
        start(
          'python3',
          [...['-u', program, ...places, ...pace, '--consul', `127.0.0.1:${consulPort}`], '--token-file', tokenFile],
          join(folder, 'routes.log'),
          env,
        ),
      ),
    routes: () => readFileSync(join(folder, 'routes/router.caddyfile'), 'utf8'),
    end: async () => {
      await Promise.all(running.toReversed().map((one) => one.end()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
