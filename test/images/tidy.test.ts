import { expect, test } from 'vitest';
import { openRegistry, tidyImages } from '../../src/compose/registry.ts';
import type { PreviewRecord } from '../../src/domain/preview.ts';
import { createRegistryModel } from '../support/registry-model.ts';

const token = 'dckr_pat_pushPushPush22';
const clock = {
  now: () => 0,
  sleep: (_ms: number, signal?: AbortSignal) =>
    new Promise<void>((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
};
const seen = (state: 'open' | 'closed'): PreviewRecord => ({
  author: 'ada',
  activityAt: '2026-11-24T00:00:00Z',
  seen: { sha: 'a', state, at: '2026-11-24T00:00:00Z' },
});
const jobs = ['server', 'web'].map((name) => ({ name, image: `acme/shop-${name}:latest` })) as never;

const sweep = (env: Record<string, string>, previews: Record<string, PreviewRecord>) => {
  const accounts = { deployer: { token, may: 'delete' } } as const;
  const model = createRegistryModel({ accounts });
  for (const tag of ['pr-7-aaaa', 'pr-8-bbbb', 'latest']) model.push('docker.io/acme/shop-web', tag, tag);
  const images = { username: 'deployer', pin: true };
  const registry = openRegistry({ images, env, fetch: model.fetch, clock, onSecret: () => undefined });
  const context = { registry, env, config: { images } as never };
  return { model, lines: tidyImages(context, { jobs }, previews) };
};

test('a sweep takes the tags of closed pull requests away, and no others', async () => {
  const { model, lines } = sweep({ REGISTRY_PUSH_TOKEN: token }, { 'pr-7': seen('closed'), 'pr-8': seen('open') });
  expect(await lines).toEqual(['removed the image acme/shop-web:pr-7-aaaa']);
  expect([...(model.tags.get('docker.io/acme/shop-web')?.keys() ?? [])]).toEqual(['pr-8-bbbb', 'latest']);
});

test('with the token of servers, which may only read, or nothing closed, nobody is asked', async () => {
  const reading = sweep({ REGISTRY_TOKEN: token }, { 'pr-7': seen('closed') });
  expect(await reading.lines).toEqual([]);
  const open = sweep({ REGISTRY_PUSH_TOKEN: token }, { 'pr-7': seen('open') });
  expect(await open.lines).toEqual([]);
  expect([...reading.model.asked, ...open.model.asked]).toEqual([]);
});

test('what a registry refuses is a line of the sweep, not its end', async () => {
  const { lines } = sweep({ REGISTRY_PUSH_TOKEN: 'dckr_pat_revoked_revoked' }, { 'pr-7': seen('closed') });
  expect(await lines).toEqual([
    'tags of acme/shop-server: docker.io does not take the login of deployer (401): authentication required',
    'tags of acme/shop-web: docker.io does not take the login of deployer (401): authentication required',
  ]);
});
