import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type S3Model, startS3Model } from '../support/s3-model.ts';
import { placeOf } from './places.ts';
import { openProject, type Project } from './project.ts';

/* The store goes away while production is being made. What was ordered is neither lost nor ordered twice. */
let model: S3Model;
let project: Project;
beforeEach(async () => {
  model = await startS3Model();
  project = await openProject();
  await project.useBucket(placeOf(model));
  await project.run('secrets set production DATABASE_URL', { input: 'postgres://of-a-test' });
});
afterEach(async () => {
  await project?.stop();
  await model?.stop();
});

const recoveryFiles = async (): Promise<string[]> =>
  (await readdir(project.directory)).filter((file) => file.startsWith('recovery-'));

test('gone at the start: nothing is ordered', async () => {
  model.quirks.down = true;
  const ended = await project.run('production --yes');
  expect(ended.code).toBe(1);
  expect(ended.stderr).toMatch(/error: can't read .*next: /);
  expect(await project.servers()).toEqual([]);
  expect(await recoveryFiles()).toEqual([]);
});

test.each([
  { when: 'in the middle', isThen: (_text: string, nth: number) => nth > 4 },
  { when: 'when the end is written', isThen: (text: string) => text.includes('"cluster/production"') },
])(
  'gone $when: the run fails, names what is not recorded, and the next one takes in the file that keeps it',
  async ({ isThen }) => {
    let nth = 0;
    model.onWrite = ({ key, phase }) => {
      if (key !== 'production.json' || phase !== 'before') return;
      nth += 1;
      if (isThen(model.objects.text(key) ?? '', nth)) model.quirks.down = true;
    };
    const ended = await project.run('production --yes');
    expect(ended.code, ended.stderr).toBe(1);
    expect(ended.stderr).toMatch(/it does not know \S+ \(id .*Everything is kept in \S+recovery-production\.json/);
    expect(ended.stderr).toContain('check that the store is well, then run the same command again');
    expect(await recoveryFiles()).toEqual(['recovery-production.json']);
    const made = await project.servers();

    model.quirks.down = false;
    model.onWrite = undefined;
    // The lease could not be given back either; its process is dead on this machine, so nobody has to wait for it.
    const next = await project.run('production --yes');
    expect(next, next.stderr).toMatchObject({ code: 0 });
    expect(next.stderr).toContain('was taken in');
    const servers = await project.servers();
    expect(servers).toHaveLength(3);
    expect(servers).toEqual(expect.arrayContaining([...made]));
    expect(await recoveryFiles()).toEqual([]);
    expect(await project.run('check production')).toMatchObject({ code: 0 });
  },
  240_000,
);
