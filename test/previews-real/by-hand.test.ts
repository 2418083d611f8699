import { beforeAll, describe, expect, test } from 'vitest';
import type { PreviewRecord } from '../../src/domain/preview.ts';
import { createLab, type Lab } from '../support/lab.ts';
import { createRecordingReporter } from '../support/recording-reporter.ts';

/* Previews from the command line: places, who has them, and how one gets free. */
const flat = (text: string): string => text.replaceAll(/\s+/g, ' ');
const worldOf = async (lab: Lab) => {
  const workspace = await lab.open(createRecordingReporter(lab.emulator.clock), () => undefined);
  const { signal } = new AbortController();
  return workspace.previews({ command: 'reconcile event', signal, kinds: 'all', allowRunner: null, waitMs: 0 });
};
const iso = (lab: Lab, ago: number): string => new Date(lab.emulator.clock.now() - ago).toISOString();
const hour = 3_600_000;

describe('two places for three pull requests', () => {
  const lab = createLab({ env: { MAX_PR_ENVIRONMENTS: '2' } });
  beforeAll(async () => {
    expect((await lab.run('pr 1 --yes')).exitCode).toBe(0);
    expect((await lab.run('pr 2 --yes')).exitCode).toBe(0);
    const world = await worldOf(lab);
    const record =
      (author: string, ago: number, more: Partial<PreviewRecord> = {}) =>
      (): PreviewRecord => ({
        author,
        activityAt: iso(lab, ago),
        ...more,
      });
    await world.record('pr-1', record('alice', 3 * hour));
    await world.record('pr-9', record('bob', hour, { waitingSince: iso(lab, hour) }));
  });

  test('the third is refused with 4: who has the places, since when, idle how long, by whom, and what frees one', async () => {
    const refused = await lab.run('pr 3 --yes');
    expect(refused.exitCode).toBe(4);
    const said = flat(refused.stderr);
    expect(said).toContain('places of previews: 2 of 2 taken');
    expect(said).toMatch(/pr-1 for \d+ min, by alice, idle 3 h, goes \S+ \S+ UTC unless somebody works on it/);
    expect(said).toMatch(/pr-2 for \d+ min, made by hand: no pull request is on record/);
    expect(said).toContain('by /destroy in a comment there, or by reconcile destroy');
    expect(said).toContain('next: reconcile destroy pr 1, or raise max');
    expect(said).not.toContain('pr-9');
  });

  test('as a document: the same', async () => {
    const { exitCode, document } = await lab.json('pr 3 --yes');
    expect(exitCode).toBe(4);
    expect(document.error.exitCode).toBe(4);
    expect(document.places).toMatchObject({ max: 2, taken: 2 });
    expect(document.places.previews[0]).toMatchObject({ environment: 'pr-1', author: 'alice' });
  });

  test('list tells of each whose it is and when it goes, how many places there are, and who waits', async () => {
    const said = flat((await lab.run('list')).stdout);
    expect(said).toMatch(/pr-1 1 cx23 .* http:\/\/pr-1\.pr\.aipacto\.com last change .*by alice, idle 3 h, goes /);
    expect(said).toContain('2 of 2 places of previews are taken');
    expect(said).toMatch(/pr-9 waits for one since .*, by bob/);
    const { document } = await lab.json('list');
    expect(document.environments.map((one: { environment: string }) => one.environment)).toEqual(['pr-1', 'pr-2']);
    expect(document.environments[0].preview).toMatchObject({ author: 'alice', is: 'there' });
    expect(document.withoutEnvironment).toMatchObject([{ environment: 'pr-9', is: 'waiting' }]);
    expect((await lab.json('check --all')).document.environments).toHaveLength(2);
  });

  test('a place with nothing in it is shown with its way out; destroying what is not there frees it', async () => {
    await lab.run('destroy pr 2 --yes');
    await keepPlace(lab, 'pr-5');
    expect(flat((await lab.run('list')).stdout)).toMatch(
      /pr-5 has one and nothing in it, since .* \(ci@runner\); if no run is at it: reconcile destroy pr 5/,
    );
    const { exitCode, stderr } = await lab.run('destroy pr 5 --yes');
    expect(exitCode).toBe(0);
    expect(flat(stderr)).toContain('pr-5 had a place and nothing in it: the place is free');
    expect(flat((await lab.run('list')).stdout)).toContain('1 of 2 places of previews is taken');
    expect((await lab.run('destroy pr 5 --yes')).exitCode).toBe(0);
    expect((await lab.run('destroy pr 77 --yes')).exitCode).toBe(0);
  });
});

test.each(['0', '-7', '007', '1e3', '99999999', '9'.repeat(400), 'seven'])(
  'pr %s is no pull request: refused with 64 and a sentence, whatever is asked of it',
  async (number) => {
    const lab = createLab();
    for (const verb of ['', 'plan ', 'destroy ', 'status ']) {
      const { exitCode, stderr } = await lab.run(`${verb}pr ${number} --yes`);
      expect(exitCode).toBe(64);
      expect(stderr).toMatch(/no pull request number|unknown option|pr takes nothing/);
      expect(stderr).not.toContain('    at ');
    }
    expect(lab.requests()).toEqual([]);
  },
);

/** As a run leaves it that is killed between taking the place and its first create. */
const keepPlace = async (lab: Lab, environment: string): Promise<void> => {
  const found = await lab.store.get('shared.json');
  if (found === undefined) throw new Error('nothing is shared yet');
  const shared = JSON.parse(found.text);
  shared.places = { ...shared.places, [environment]: { run: 'run-1', holder: 'ci@runner', at: iso(lab, hour) } };
  await lab.store.putIfMatch('shared.json', JSON.stringify(shared), found.etag);
};
