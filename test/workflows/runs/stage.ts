import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { stringify } from 'yaml';
import { makeIdentity } from '../../../src/age/identity.ts';
import { createEmulator, type Emulator } from '../../../src/emulator/emulator.ts';
import type { Delivery } from '../../../src/emulator/github/deliveries.ts';
import { createGitHubEmulator, type EmulatedGitHub, type GitHubOptions } from '../../../src/emulator/github/github.ts';
import { createMachineModels } from '../../../src/emulator/machines/models.ts';
import { serveEmulator } from '../../../src/emulator/server.ts';
import { createWallClock } from '../../../src/emulator/wall-clock.ts';
import { startS3Model } from '../../support/s3-model.ts';
import { type Ran, type Runner, runWorkflow, type StandIn } from '../local-runner.ts';
import { loadWorkflow, root } from '../workflow.ts';
import { type Infra, shippedInfra } from './infra.ts';

/** How many times as fast the emulated cloud's time goes, and how much shorter the programs' own sleeps are. */
const speed = { cloud: 400, sleeps: 40 };
const bin = join(import.meta.dirname, 'bin');
export const repository = 'acme/shop';

export interface Event {
  /** GITHUB_EVENT_NAME */
  readonly name: string;
  readonly payload: unknown;
}
export interface WorkflowStage {
  readonly github: EmulatedGitHub;
  /** By environment, as GitHub keeps them. */
  readonly secrets: Record<string, Record<string, string>>;
  readonly vars: Record<string, string>;
  /** What the next build is: the name of the image (emulated machines know sick ones by it), and a number for its digest. */
  readonly builds: { server: string; web: string; number: number };
  /** What stood in for somebody who is not here, in order: `npm ci`, `actions/checkout` … */
  stoodIn(): readonly string[];
  /** Puts the tree of the default branch there. */
  tree(workspace: string): void;
  configure(change: (infra: Infra) => Infra): void;
  /** A request to the emulated Hetzner, as whoever has its token. */
  hetzner(method: string, path: string, body?: object): Promise<Record<string, readonly unknown[]>>;
  run(file: string, event: Event, more?: Partial<Runner>): Promise<Ran>;
  /** Of the last run. */
  runNumber(): number;
  /** Puts something else into an artifact of a run. */
  forge(run: number, path: string, content: string): void;
  /** Says which run built a commit, as GitHub's list of artifacts does. */
  builtBy(sha: string, run: number): void;
  close(): Promise<void>;
}

/** An emulated Hetzner, GitHub and bucket, served; and workflows that run against them. */
export const openStage = async (people: NonNullable<GitHubOptions['people']> = {}): Promise<WorkflowStage> => {
  const directory = mkdtempSync(join(tmpdir(), 'workflows-'));
  const file = (name: string): string => join(directory, name);
  const cloud: Emulator = createEmulator({
    machines: createMachineModels,
    clock: createWallClock({ speed: speed.cloud }),
  });
  const github = createGitHubEmulator({ repository, clock: createWallClock(), people });
  const [hetzner, api] = await Promise.all([serveEmulator(cloud.fetch, {}), serveEmulator(github.fetch, {})]);
  const bucket = await startS3Model({ now: Date.now, quirks: { anyTime: true } });
  const age = await makeIdentity();
  const { endpoint, region, bucket: name } = bucket;
  const s3 = { endpoint, region, bucket: name, path_style: true };
  let infra: Infra = { ...shippedInfra(), state: { backend: 's3', s3, recipients: [age.recipient] } };
  const own = {
    HCLOUD_TOKEN: cloud.token,
    AWS_ACCESS_KEY_ID: 'workflow-test',
    AWS_SECRET_ACCESS_KEY: 'workflow-test-secret',
    RECONCILE_AGE_IDENTITY: age.identity.reveal(),
    REGISTRY_PUSH_TOKEN: 'push-token-0123456789',
  };
  const builds = { server: 'server', web: 'web', number: 1 };
  const vars: Record<string, string> = {};
  const secrets = { production: { ...own }, staging: { ...own }, preview: { ...own } };
  for (const empty of ['stand-ins', 'runs']) writeFileSync(file(empty), '');
  let runs = 0;

  const tree = (workspace: string): void => {
    for (const part of ['src', 'scripts', 'docker', 'node_modules', 'package.json', 'package-lock.json'])
      if (!existsSync(join(workspace, part))) symlinkSync(join(root, part), join(workspace, part));
    for (const part of ['cloud-init', 'templates', 'jobs', '.github', 'action.yml'])
      cpSync(join(root, part), join(workspace, part), { recursive: true });
    writeFileSync(join(workspace, 'infra.yaml'), stringify(infra));
  };
  const artifact = (run: number | string, of: string | undefined): string => file(`artifacts/${run}/${of}`);
  const standIns = (run: number): Record<string, StandIn> => ({
    'actions/checkout': async ({ workspace }) => tree(workspace),
    'actions/setup-node': async () => undefined,
    'tailscale/github-action': async () => undefined,
    'actions/upload-artifact': async ({ workspace, with: { name: of, path = '' } }) => {
      const from = join(workspace, path);
      const to = artifact(run, of);
      // Of a folder what is in it, as the real one does.
      cpSync(from, statSync(from).isDirectory() ? to : join(to, basename(path)), { recursive: true });
    },
    'actions/download-artifact': async ({ with: { name: of, path = '', 'run-id': from = '' } }) =>
      cpSync(artifact(from, of), path, { recursive: true }),
  });
  const counted = ([of, work]: readonly [string, StandIn]): [string, StandIn] => [
    of,
    (context) => {
      writeFileSync(file('stand-ins'), `${of}\n`, { flag: 'a' });
      return work(context);
    },
  ];
  const digestOf = (of: string): string => Buffer.from(`${of}${builds.number}`.padEnd(32, '.')).toString('hex');

  return {
    github,
    secrets,
    vars,
    builds,
    tree,
    stoodIn: () => readFileSync(file('stand-ins'), 'utf8').trim().split('\n'),
    configure: (change) => {
      infra = change(infra);
    },
    async hetzner(method, path, body) {
      const headers = { authorization: `Bearer ${cloud.token}`, 'content-type': 'application/json' };
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      const reply = await cloud.fetch(new Request(`http://cloud.invalid${path}`, { method, headers, ...sent }));
      if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${await reply.text()}`);
      return reply.status === 204 ? {} : ((await reply.json()) as Record<string, readonly unknown[]>);
    },
    async run(workflow, event, more = {}) {
      runs += 1;
      const number = runs;
      const lines = (['server', 'web'] as const).map(
        (job) => `${job}=registry.example/acme/${builds[job]}:a@sha256:${digestOf(job)}\n`,
      );
      writeFileSync(file('builds'), lines.join(''));
      return runWorkflow(loadWorkflow(workflow), {
        directory: file(`run-${number}`),
        repository,
        sha: github.state.repository.head,
        eventName: event.name,
        event: event.payload,
        token: github.token,
        vars,
        secrets,
        ...more,
        uses: Object.fromEntries(Object.entries({ ...standIns(number), ...more.uses }).map(counted)),
        env: {
          PATH: `${bin}:${process.env['PATH'] ?? ''}`,
          HOME: directory,
          STAND_INS: file('stand-ins'),
          BUILDS: file('builds'),
          GH_RUNS: file('runs'),
          HCLOUD_ENDPOINT: `${hetzner.url}/v1`,
          GITHUB_API_URL: api.url,
          NODE_OPTIONS: `--import=${join(import.meta.dirname, 'quick-time.mjs')}`,
          QUICK_TIME: String(speed.sleeps),
          ...more.env,
        },
      });
    },
    runNumber: () => runs,
    forge: (run, path, content) => writeFileSync(artifact(run, path), content),
    builtBy: (sha, run) => writeFileSync(file('runs'), `${sha} ${run}\n`, { flag: 'a' }),
    async close() {
      await Promise.all([hetzner.close(), api.close(), bucket.stop()]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
};

/** As GitHub tells it. */
export const eventOf = ({ event, payload }: Delivery): Event => ({ name: event, payload });
