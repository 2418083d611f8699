import fc from 'fast-check';
import { expect, test } from 'vitest';
import { labelSelector } from '../../src/emulator/labels.ts';
import { createProject, type Project } from './project.ts';

const groups = async (project: Project, count: number): Promise<void> => {
  for (let n = 1; n <= count; n += 1)
    await project.ok('POST /placement_groups', { name: `g-${n}`, type: 'spread', labels: { n: String(n % 3) } });
};
const namesOf = (body: { placement_groups: { name: string }[] }): string[] =>
  body.placement_groups.map((group) => group.name);

test('pages: 25 by default, 50 at most, with where the next one is in meta and in Link', async () => {
  const project = createProject({ limits: { placementGroups: 200 } });
  await groups(project, 60);
  const first = await project.ask('GET /placement_groups?label_selector=n');
  expect(first.body.placement_groups).toHaveLength(25);
  expect(first.body.meta.pagination).toEqual({
    page: 1,
    per_page: 25,
    previous_page: null,
    next_page: 2,
    last_page: 3,
    total_entries: 60,
  });
  expect(first.headers.get('link')).toBe(
    '<http://emulated.invalid/v1/placement_groups?label_selector=n&page=2>; rel="next", ' +
      '<http://emulated.invalid/v1/placement_groups?label_selector=n&page=3>; rel="last"',
  );
  const last = await project.ok('GET /placement_groups?per_page=500&page=2');
  expect(last.placement_groups).toHaveLength(10);
  expect(last.meta.pagination).toMatchObject({ per_page: 50, previous_page: 1, next_page: null });
});

test('an empty list has one page and no entries; an unknown name is an empty list, not a 404', async () => {
  const project = createProject();
  const { placement_groups, meta } = await project.ok('GET /placement_groups?name=nobody');
  expect(placement_groups).toEqual([]);
  expect(meta.pagination).toMatchObject({ last_page: 1, total_entries: 0, next_page: null });
});

test('sorting by the fields of the kind, several and backwards; others are refused', async () => {
  const project = createProject();
  await groups(project, 3);
  expect(namesOf(await project.ok('GET /placement_groups?sort=name:desc'))).toEqual(['g-3', 'g-2', 'g-1']);
  expect(namesOf(await project.ok('GET /placement_groups?sort=created&sort=id:desc'))).toEqual(['g-3', 'g-2', 'g-1']);
  expect(await project.refusal('GET /placement_groups?sort=labels')).toBe(
    "422 invalid_input: invalid input in field 'sort' (sort)",
  );
  expect(await project.refusal('GET /ssh_keys?sort=created')).toMatch(/^422 invalid_input/);
});

test.each([
  ['env=a', ['a']],
  ['env==a', ['a']],
  ['env!=a', ['b', 'c', 'none']],
  ['env', ['a', 'b', 'c']],
  ['!env', ['none']],
  ['env in (a,b)', ['a', 'b']],
  ['env notin (a,b)', ['c', 'none']],
  ['env in (a,b),tier=x', ['a']],
  ['env, tier', ['a']],
  ['corp.example/team=blue', ['b']],
  ['env=', []],
])('the selector %s takes %j', async (selector, expected) => {
  const project = createProject();
  const labels = {
    a: { env: 'a', tier: 'x' },
    b: { env: 'b', 'corp.example/team': 'blue' },
    c: { env: 'c' },
    none: {},
  };
  for (const [name, map] of Object.entries(labels))
    await project.ok('POST /placement_groups', { name, type: 'spread', labels: map });
  const path = `/placement_groups?label_selector=${encodeURIComponent(selector)}`;
  expect(namesOf(await project.ok(`GET ${path}`))).toEqual(expected);
});

test.each(['=a', 'a=b=c', 'env in a', 'env in (a', 'a,,b', '-a', 'k=-v', 'k in (a b)'])(
  'the selector %s is refused',
  async (selector) => {
    const project = createProject();
    expect(await project.refusal(`GET /servers?label_selector=${encodeURIComponent(selector)}`)).toMatch(
      /^422 invalid_input: .*\(label_selector\)$/,
    );
  },
);

test('a selector made of a label map takes what has those labels, and nothing that lacks one', () => {
  const word = fc.stringMatching(/^[a-z0-9]([a-z0-9._-]{0,10}[a-z0-9])?$/);
  fc.assert(
    fc.property(fc.dictionary(word, word, { minKeys: 1 }), word, (labels, extra) => {
      const test = labelSelector(
        Object.entries(labels)
          .map(([key, value]) => `${key}=${value}`)
          .join(','),
      );
      expect(test({ ...labels, [`x${extra}`]: extra })).toBe(true);
      const { [Object.keys(labels)[0] ?? '']: _gone, ...less } = labels;
      expect(test(less)).toBe(false);
    }),
  );
});

test.each([
  [{ 'bad key': 'v' }, false],
  [{ k: 'bad value' }, false],
  [{ k: 'a'.repeat(64) }, false],
  [{ k: '' }, true],
  [{ 'hetzner.cloud/own': 'v' }, false],
  [{ 'corp.example/own': 'v' }, true],
  [{ k: 'pr/7' }, false],
  [{ k: 'A-b_c.9' }, true],
])('labels %j: allowed %s', async (labels, allowed) => {
  const project = createProject();
  const { status } = await project.ask('POST /placement_groups', { name: 'g', type: 'spread', labels });
  expect(status).toBe(allowed ? 201 : 422);
});
