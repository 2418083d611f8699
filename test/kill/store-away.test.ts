import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, describe, test } from 'vitest';
import { cloudCensus } from './census.ts';
import { type Stage, setStage, type Write } from './stage.ts';

/* The store goes away: a real process, the AWS SDK, connections that are cut. */
const config = readFileSync(resolve(import.meta.dirname, '../../infra.yaml'), 'utf8');
const stages: Stage[] = [];
afterAll(() => Promise.all(stages.map((stage) => stage.close())));
const flat = (text: string): string => text.replaceAll(/\s+/g, ' ');

const away = async (from: 'the start' | ((write: Write) => boolean)) => {
  const stage = await setStage({ config });
  stages.push(stage);
  if (from === 'the start') stage.bucket.quirks.down = true;
  else
    stage.onWrite = async (write) => {
      if (from(write)) stage.bucket.quirks.down = true;
      return undefined;
    };
  const ended = await stage.run(['production --yes'], { host: 'laptop', seed: 1 }).ended;
  stage.onWrite = async () => undefined;
  return { stage, ended, file: join(stage.directory, 'recovery-production.json') };
};

/** The store is back; the lease has run out. */
const again = (stage: Stage) => {
  stage.bucket.quirks.down = false;
  stage.time.reach(stage.time.now() + 120_000);
  return stage.run(['production --yes', 'plan production'], { host: 'laptop', seed: 2 }).ended;
};

describe.concurrent('the store goes away', { timeout: 60_000 }, () => {
  test('before the run: a sentence, and nothing is ordered', async ({ expect }) => {
    const { stage, ended, file } = await away('the start');
    expect(ended.code).toBe(1);
    expect(flat(ended.stderr)).toContain('s3://infra-state');
    expect(ended.stderr).toMatch(/next: /);
    expect(ended.stderr).not.toMatch(/^\s+at /m);
    expect(cloudCensus(stage.emulator)).toEqual([]);
    expect(existsSync(file)).toBe(false);
  });

  test('right after three servers were ordered: each is named with its id, all is kept in a file, and the next run takes it in', async ({
    expect,
  }) => {
    const { stage, ended, file } = await away(
      ({ phase, what, nth }) => what === 'POST /v1/servers' && phase === 'after' && nth >= 8,
    );
    expect(ended.code).toBe(1);
    const said = flat(ended.stderr);
    for (const server of stage.emulator.world.servers.all()) {
      const address = `server/${server.name.replace('aipacto-', '')}`;
      expect(said).toContain(`${address} (id ${server.id})`);
    }
    expect(said).toContain(file);
    expect(ended.stderr).not.toMatch(/^\s+at /m);
    expect(existsSync(file)).toBe(true);
    const heir = await again(stage);
    expect(heir.code).toBe(0);
    expect(flat(heir.stderr)).toContain('was taken in');
    expect(existsSync(file)).toBe(false);
    expect(stage.emulator.world.servers.all()).toHaveLength(3);
  });

  test('for the last write alone: the run does not end well, and the next one has nothing left to do but take it in', async ({
    expect,
  }) => {
    const { stage, ended, file } = await away(
      ({ where, what, phase }) => where === 'machine' && phase === 'after' && jobsIn(what) === 2,
    );
    expect(ended.code).toBe(1);
    expect(existsSync(file)).toBe(true);
    const writes = stage.counts().api;
    const heir = await again(stage);
    expect(heir.code).toBe(0);
    expect(stage.counts().api).toBe(writes);
    expect(existsSync(file)).toBe(false);
  });
});

/** How many jobs have been submitted, with this one. */
const jobsIn = (() => {
  let jobs = 0;
  return (what: string): number => {
    if (what.endsWith('/v1/jobs')) jobs += 1;
    return jobs;
  };
})();
