import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkArchive, defaultLimits, type Limits } from '../../scripts/docker/check-archive.ts';
import { faultOfTag, originOf, retagged, tagFor } from '../../scripts/docker/tags.ts';
import { tarEntries } from '../../scripts/docker/tar.ts';
import { writeChecked } from '../../scripts/docker/write-checked.ts';
import { archiveOf } from '../../src/emulator/docker/archive.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'archive-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const names = ['docker.io/acme/shop-server', 'docker.io/acme/shop-web'];
interface Image {
  readonly tag: string;
  readonly config?: object;
  readonly top?: object;
  readonly layer?: Buffer;
  readonly diffId?: string;
}
const good = { User: '1000:1000', Env: ['PATH=/usr/bin', 'PORT=3000'], Cmd: ['node', 'server.mjs'] };
const sha = (content: Buffer): string => createHash('sha256').update(content).digest('hex');
const layerOf = (path = 'app/server.mjs'): Buffer => archiveOf([{ path, content: 'x' }], 0);

/** What docker save writes, with whatever is wrong with it. */
const saved = (images: readonly Image[], extra: { path: string; content: string }[] = []): string => {
  const parts = images.map(({ tag, config, top, layer = layerOf(), diffId }, nth) => {
    const plain = layer[0] === 0x1f ? undefined : layer;
    const text = JSON.stringify({
      os: 'linux',
      architecture: 'amd64',
      config: { ...good, ...config },
      rootfs: { type: 'layers', diff_ids: [diffId ?? `sha256:${sha(plain ?? layer)}`] },
      ...top,
    });
    return { tag, config: { path: `${nth}.json`, content: text }, layer: { path: `${nth}/layer.tar`, content: layer } };
  });
  const manifest = parts.map(({ tag, config, layer }) => ({
    Config: config.path,
    RepoTags: [tag],
    Layers: [layer.path],
  }));
  const files = [...parts.flatMap(({ config, layer }) => [config, layer]), ...extra];
  return written(archiveOf([...files, { path: 'manifest.json', content: JSON.stringify(manifest) }], 0));
};
let count = 0;
const written = (content: Buffer): string => {
  count += 1;
  const path = join(folder, `${count}.tar`);
  writeFileSync(path, content);
  return path;
};
const both = (change: Partial<Image> = {}): Image[] => [
  { tag: 'acme/shop-server:latest', ...change },
  { tag: 'acme/shop-web:latest' },
];
const faultsOf = async (path: string, limits: Partial<Limits> = {}): Promise<readonly string[]> =>
  (await checkArchive(path, { names, limits: { ...defaultLimits, ...limits } })).faults;

test('what docker save makes of our images is as it should be, its layers packed or not', async () => {
  const checked = await checkArchive(saved(both()), { names, limits: defaultLimits });
  expect(checked.faults).toEqual([]);
  expect(checked.images.map(({ archived, name }) => `${archived} is ${name}`)).toEqual([
    'acme/shop-server:latest is docker.io/acme/shop-server',
    'acme/shop-web:latest is docker.io/acme/shop-web',
  ]);
  const layer = layerOf();
  expect(await faultsOf(saved(both({ layer: gzipSync(layer), diffId: `sha256:${sha(layer)}` })))).toEqual([]);
});

test('other images, one too many, one too few, two names for one', async () => {
  expect(await faultsOf(saved([...both(), { tag: 'evil/miner:1' }]))).toEqual([
    'an image is called "evil/miner:1", which is not expected',
  ]);
  expect(await faultsOf(saved([{ tag: 'ghcr.io/acme/shop-web:1' }, { tag: 'acme/shop-server:1' }]))).toEqual([
    'an image is called "ghcr.io/acme/shop-web:1", which is not expected',
    'docker.io/acme/shop-web is missing',
  ]);
  expect(await faultsOf(saved([...both(), { tag: 'acme/shop-web:2' }]))).toEqual([
    'docker.io/acme/shop-web is there 2 times',
  ]);
});

test('an image that runs as root, for another machine, with volumes, with commands for later builds', async () => {
  const faults = async (config: object, top = {}) =>
    (await faultsOf(saved(both({ config, top })))).map((one) => one.replace(/^.*?: /, ''));
  expect(await faults({ User: '' })).toEqual(['it runs as root: USER has to be a number that is not 0']);
  expect(await faults({ User: '0:0' })).toEqual(['it runs as "0:0": USER has to be a number that is not 0']);
  expect(await faults({ User: 'node' })).toEqual(['it runs as "node": USER has to be a number that is not 0']);
  expect(await faults({ Volumes: { '/data': {} }, OnBuild: ['RUN id'] })).toEqual([
    'it wants volumes of its own',
    'it has commands for later builds',
  ]);
  expect(await faults({ Cmd: 'node server.mjs' })).toEqual(['its command is no list of words']);
  expect(await faults({}, { os: 'windows' })).toEqual(['it is for "windows/amd64"']);
});

test('secrets in the environment, labels and history of an image are named, never shown', async () => {
  const value = 'kq9XmPz2vLw8';
  const faults = await faultsOf(
    saved(
      both({
        config: {
          Env: [`API_TOKEN=${value}`, 'EMPTY_TOKEN=', `DATABASE_URL=postgres://app:${value}@db/x`],
          Labels: { key: `AGE-SECRET-KEY-1${value}` },
        },
        top: { history: [{ created_by: `ARG T=ghp_${value.repeat(3)}` }] },
      }),
    ),
  );
  expect(faults).toEqual([
    'docker.io/acme/shop-server: its environment holds what looks like a secret under "API_TOKEN"',
    'docker.io/acme/shop-server: its environment holds a password in an address under "DATABASE_URL"',
    'docker.io/acme/shop-server: its labels holds an age identity under "key"',
    'docker.io/acme/shop-server: its history holds a GitHub token',
  ]);
  expect(faults.join()).not.toContain(value);
});

test('paths that lead out of the archive or of a layer, and devices', async () => {
  expect(await faultsOf(saved(both(), [{ path: '../../etc/cron.d/x', content: '* * * * * root id' }]))).toContain(
    '"../../etc/cron.d/x" leads out of the archive',
  );
  expect(await faultsOf(saved(both(), [{ path: '0.json', content: '{}' }]))).toContain('"0.json" is there twice');
  expect(await faultsOf(saved(both({ layer: layerOf('../root/.ssh/authorized_keys') })))).toContain(
    'docker.io/acme/shop-server: a layer holds "../root/.ssh/authorized_keys", which leads out of it',
  );
  expect(await faultsOf(saved(both({ layer: retyped(layerOf('dev/sda'), 'dev/sda', '3') })))).toEqual([
    'docker.io/acme/shop-server: a layer holds "dev/sda", a device',
  ]);
  const linked = retyped(archiveOf([{ path: 'passwd', content: '' }], 0), 'passwd', '2', '/etc/passwd');
  expect(await faultsOf(written(linked))).toEqual(['"passwd" is a link that leads out of the archive']);
});

test('too large, too many files, a small file that unpacks to a huge one, another layer than is named', async () => {
  expect(await faultsOf(saved(both()), { archiveBytes: 1000 })).toEqual([
    expect.stringMatching(/^the archive has \d+ bytes, more than 1000$/),
  ]);
  expect(await faultsOf(saved(both()), { entries: 3 })).toEqual(["it can't be read: more than 3 entries"]);
  const bomb = gzipSync(Buffer.alloc(20_000_000));
  expect(bomb.length).toBeLessThan(50_000);
  expect(await faultsOf(saved(both({ layer: bomb })), { imageBytes: 1_000_000 })).toEqual([
    "it can't be read: an image has more than 1000000 bytes",
  ]);
  expect(await faultsOf(saved(both({ diffId: `sha256:${'0'.repeat(64)}` })))).toEqual([
    'docker.io/acme/shop-server: layer 1 is not the one it is said to be',
  ]);
});

/** Where ustar has a prefix of the path GNU's header has a time, so programs differ about what an entry is called. */
const gnu = (tar: Buffer): Buffer => {
  tar.write('ustar  \0', 257, 'latin1');
  tar.write('00000000001\0', 345, 'latin1');
  tar.write('        ', 148);
  const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return tar;
};

test('what others would read in another way is not in what they get: only the images that were looked at are, unpacked', async () => {
  const layer = layerOf();
  const path = saved(both({ layer: gzipSync(layer), diffId: `sha256:${sha(layer)}` }), [
    { path: 'index.json', content: JSON.stringify({ manifests: [{ digest: 'sha256:evil' }] }) },
    { path: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
  ]);
  const evil = [{ Config: 'evil.json', RepoTags: ['acme/shop-server:latest'], Layers: ['0/layer.tar'] }];
  const shown = gnu(archiveOf([{ path: 'manifest.json', content: JSON.stringify(evil) }], 0).subarray(0, -1024));
  const hostile = written(Buffer.concat([shown, readFileSync(path)]));
  const { images, faults } = await checkArchive(hostile, { names, limits: defaultLimits });
  expect(faults).toEqual([]);

  const clean = join(folder, 'clean.tar');
  await writeChecked(hostile, images, clean);
  const tar = readFileSync(clean);
  const read = async (offset: number, length: number): Promise<Buffer> => tar.subarray(offset, offset + length);
  const entries = await tarEntries(read, 100);
  expect(entries.map((entry) => entry.path)).toEqual(['manifest.json', '0.json', '1.json', `${sha(layer)}.tar`]);
  expect(tar.includes('evil')).toBe(false);
  const again = await checkArchive(clean, { names, limits: defaultLimits });
  expect(again.faults).toEqual([]);
  expect(again.images.map(({ archived }) => archived)).toEqual(images.map(({ archived }) => archived));
});

test('no archive at all, an archive cut off, one without a manifest', async () => {
  expect(await faultsOf(written(Buffer.from('#!/bin/sh\nid\n'.repeat(100))))).toEqual([
    "it can't be read: no tar header at byte 0",
  ]);
  expect(await faultsOf(written(archiveOf([{ path: 'x', content: 'x' }], 0)))).toEqual([
    'it can\'t be read: it holds no "manifest.json"',
  ]);
  expect(await faultsOf(written(Buffer.alloc(0)))).toEqual(['it can\'t be read: it holds no "manifest.json"']);
});

test('long names are read as tar writes them', async () => {
  const path = `${'a'.repeat(60)}/${'b'.repeat(60)}/${'c'.repeat(60)}.js`;
  const tar = archiveOf([{ path, content: 'x' }], 0);
  const entries = await tarEntries(async (offset, length) => tar.subarray(offset, offset + length), 100);
  expect(entries.at(-1)).toMatchObject({ path, type: 'file', size: 1 });
});

test('tags say where an image comes from; latest is pushed from main only', () => {
  const commit = '1a2b3c4d5e6f7890aabbccddeeff001122334455';
  expect(tagFor(commit, '7')).toBe('pr-7-1a2b3c4d5e6f');
  expect(tagFor(commit, undefined)).toBe('1a2b3c4d5e6f');
  expect([
    tagFor('main', '7'),
    tagFor(commit, '0'),
    tagFor(commit, '-1'),
    tagFor(commit, '7;id'),
    tagFor('1a2b', '7'),
  ]).toEqual(Array.from({ length: 5 }, () => undefined));
  expect(retagged('docker.io/acme/web:latest', 'pr-7-1a2b')).toBe('docker.io/acme/web:pr-7-1a2b');
  expect(retagged(`localhost:5000/web@sha256:${'0'.repeat(64)}`, '1')).toBe('localhost:5000/web:1');

  const pull = originOf({ GITHUB_REF: 'refs/pull/7/merge' }, 'main');
  const main = originOf({ GITHUB_REF: 'refs/heads/main' }, undefined);
  const branch = originOf({}, 'feature/x');
  expect(faultOfTag('latest', main)).toBeUndefined();
  expect(faultOfTag('latest', pull)).toBe('latest is pushed from main only, and this is pull request 7');
  expect(faultOfTag('latest', branch)).toBe('latest is pushed from main only, and this is branch "feature/x"');
  expect(faultOfTag('1a2b3c4d5e6f', pull)).toBeUndefined();
  expect(faultOfTag('1;id', main)).toBe('"1;id" is no tag');
});

/** The one file of an archive as another kind of thing, its header summed anew. */
const retyped = (tar: Buffer, path: string, flag: string, target = ''): Buffer => {
  for (let at = 0; at < tar.length; at += 512) {
    if (tar.toString('utf8', at, at + path.length + 1) !== `${path}\0`) continue;
    tar.write(flag, at + 156);
    tar.write(target, at + 157);
    tar.write('        ', at + 148);
    const sum = tar.subarray(at, at + 512).reduce((total, byte) => total + byte, 0);
    tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148);
    return tar;
  }
  throw new Error(`no ${path} in it`);
};
