import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import { makeIdentity } from '../../src/age/identity.ts';
import { createEmulator, type Emulator } from '../../src/emulator/emulator.ts';
import { createMachineModels } from '../../src/emulator/machines/models.ts';
import { serveEmulator } from '../../src/emulator/server.ts';
import type { SavedWorld } from '../../src/emulator/world.ts';
import { type S3Model, startS3Model } from '../support/s3-model.ts';
import type { ChildOptions, Sabotage } from './child-options.ts';
import { type Running, start } from './process.ts';
import { createTimeFile, openSharedTime, type SharedTime } from './shared-clock.ts';

/** Where a write goes: Hetzner's API, what runs on a machine (keys, Consul, Nomad), or the object store. */
export type Where = 'api' | 'machine' | 'state';
/** A write of whoever runs, the `nth` of its kind since the stage was set. */
export interface Write {
  readonly where: Where;
  readonly nth: number;
  readonly phase: 'before' | 'after';
  /** `POST /v1/servers`, `PUT production.json` */
  readonly what: string;
  /** Only `after`: the HTTP status, and what it was about. */
  readonly status?: number;
  readonly body?: string;
}
/** May kill; 'lost': nobody gets an answer. */
export type OnWrite = (write: Write) => Promise<'lost' | undefined>;

/** A world at rest, as a file could hold it. */
export interface Rest {
  readonly world: SavedWorld;
  readonly documents: Readonly<Record<string, string>>;
  readonly now: number;
}

export interface Stage {
  readonly emulator: Emulator;
  readonly bucket: S3Model;
  readonly time: SharedTime;
  /** Of infra.yaml and of what a run leaves beside it. */
  readonly directory: string;
  onWrite: OnWrite;
  counts(): Readonly<Record<Where, number>>;
  run(commands: readonly string[], as: { readonly host: string; readonly seed: number }): Running;
  /** The program itself, `src/reconcile.ts`, in real time. */
  runProgram(command: string): Running;
  /** From now on time goes by itself, `speed` times as fast as real time; the result stops it. */
  goOn(speed: number): () => void;
  configure(text: string): void;
  /** Requests that arrived and are not answered yet. */
  busy(): number;
  rest(): Rest;
  close(): Promise<void>;
}

export interface StageOptions {
  readonly config: string;
  readonly from?: Rest | null;
  readonly sabotage?: Sabotage | null;
  /** Milliseconds since the epoch; default: a day of this project. */
  readonly now?: number;
}

const firstDay = Date.UTC(2026, 10, 24);
const childScript = resolve(import.meta.dirname, 'child.ts');
const root = resolve(import.meta.dirname, '../..');

/** The emulated cloud and the object store, served over HTTP to processes that share one virtual time. */
export const setStage = async ({
  config,
  from = null,
  sabotage = null,
  now = firstDay,
}: StageOptions): Promise<Stage> => {
  const directory = mkdtempSync(join(tmpdir(), 'kill-'));
  const file = join(directory, 'infra.yaml');
  const timeFile = join(directory, 'time');
  createTimeFile(timeFile, from?.now ?? now);
  const time = openSharedTime(timeFile);
  const emulator = createEmulator({
    machines: createMachineModels,
    clock: { now: time.now, sleep: async (ms) => time.reach(time.now() + ms) },
    ...(from === null ? {} : { world: from.world }),
  });
  const counts = { api: 0, machine: 0, state: 0 };
  let busy = 0;
  let ticker: NodeJS.Timeout | undefined;
  const hooked = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    const isApi = pathname.startsWith('/v1/');
    if (request.method === 'GET' || (!isApi && !pathname.startsWith('/_emulator/machines/')))
      return emulator.fetch(request);
    const where = isApi ? 'api' : 'machine';
    counts[where] += 1;
    const write = { where, nth: counts[where], what: `${request.method} ${pathname}` } as const;
    const body = await request.clone().text();
    if ((await stage.onWrite({ ...write, phase: 'before' })) === 'lost') throw lost();
    const reply = await emulator.fetch(request);
    const { status } = reply;
    if ((await stage.onWrite({ ...write, phase: 'after', status, body })) === 'lost') throw lost();
    return reply;
  };
  const cloud = await serveEmulator(async (request) => {
    busy += 1;
    try {
      return await hooked(request);
    } finally {
      busy -= 1;
    }
  }, {});
  const bucket = await startS3Model({ now: time.now, quirks: { anyTime: true } });
  const configure = (text: string): void => writeFileSync(file, withBucket(text, bucket));
  configure(config);
  for (const [key, text] of Object.entries(from?.documents ?? {})) bucket.objects.put(key, text);
  bucket.onWrite = async ({ method, key, phase, status }) => {
    if (phase === 'before') counts.state += 1;
    const write = { where: 'state', nth: counts.state, what: `${method} ${key}`, phase } as const;
    if ((await stage.onWrite({ ...write, ...(status === undefined ? {} : { status }) })) === 'lost') throw lost();
  };
  const stage: Stage = {
    emulator,
    bucket,
    time,
    directory,
    onWrite: async () => undefined,
    counts: () => ({ ...counts }),
    run: (commands, { host, seed }) => {
      const given: ChildOptions = {
        ...{ commands, host, seed, sabotage, config: file, time: timeFile, cloud: cloud.url, token: emulator.token },
      };
      return start(childScript, [], { cwd: directory, env: { ...environment, KILL_CHILD: JSON.stringify(given) } });
    },
    runProgram: (command) => {
      const access = { HCLOUD_TOKEN: emulator.token, HCLOUD_ENDPOINT: `${cloud.url}/v1` };
      return start(join(root, 'src/reconcile.ts'), command.split(' '), {
        cwd: directory,
        env: { ...environment, ...access },
      });
    },
    goOn: (speed) => {
      const [began, base] = [performance.now(), time.now()];
      clearInterval(ticker);
      ticker = setInterval(() => time.reach(base + (performance.now() - began) * speed), 10);
      return () => clearInterval(ticker);
    },
    configure,
    busy: () => busy,
    rest: () => ({
      world: emulator.world.snapshot(),
      documents: Object.fromEntries(bucket.objects.keys().map((key) => [key, bucket.objects.text(key) ?? ''])),
      now: time.now(),
    }),
    close: async () => {
      clearInterval(ticker);
      await Promise.all([cloud.close(), bucket.stop()]);
      time.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return stage;
};

/** Of all states of this process. */
const age = await makeIdentity();
const environment = {
  PATH: process.env['PATH'] ?? '',
  HOME: tmpdir(),
  AWS_ACCESS_KEY_ID: 'kill-test',
  AWS_SECRET_ACCESS_KEY: 'kill-test',
  RECONCILE_AGE_IDENTITY: age.identity.reveal(),
};

/** The shipped file, with its state in the bucket and sealed. */
const withBucket = (text: string, bucket: S3Model): string => {
  const { state: _was, ...rest } = parse(text) as Record<string, unknown>;
  const { endpoint, region, bucket: name } = bucket;
  const s3 = { endpoint, region, bucket: name, path_style: true };
  return stringify({ ...rest, state: { backend: 's3', s3, recipients: [age.recipient] } });
};

/** As serveEmulator takes a lost reply: the connection is cut. */
const lost = (): TypeError => new TypeError('fetch failed');
