import { expect, test } from 'vitest';
import { createScene, hour, shaOf } from './model/scene.ts';

test('a pull request becomes a preview, follows its pushes, and goes with it', async () => {
  const scene = createScene();
  await scene.event(7, 'opened');
  expect(scene.exists()).toEqual(['pr-7']);
  expect(scene.comment(7)).toContain(`running aaaaaaa at http://pr-7.example.com`);
  scene.pass(hour);
  await scene.event(7, 'pushed', { headSha: shaOf('b') });
  expect(scene.world.made.get('pr-7')?.times).toBe(2);
  expect(scene.comment(7)).toContain('running bbbbbbb');
  const closed = await scene.event(7, 'closed', { state: 'closed', merged: true });
  expect(closed.problems).toEqual([]);
  expect(scene.exists()).toEqual([]);
  expect(scene.world.places.size).toBe(0);
  expect(scene.comment(7)).toContain('destroyed: merged');
  expect([...scene.host.deployments.values()].map(({ state }) => state)).toEqual(['success', 'inactive']);
});
