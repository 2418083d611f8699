import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { programsToDownload, providePrograms, type WantedProgram } from '../../../src/emulator/docker/binaries.ts';
import { tarGzOf, zipOf } from '../../../src/emulator/docker/binaries-archive.ts';
import { cacheDirectory } from '../../../src/emulator/docker/binaries-cache.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'binaries-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const sha256 = (content: Buffer | string): string => createHash('sha256').update(content).digest('hex');
/** Looks like a Linux program for amd64. No kernel starts it, so a shell is tried: "ELF" is no command there. */
const fakeProgram = (path: string, text: string): void => {
  const header = Buffer.alloc(64);
  header.write('\u007fELF', 0, 'latin1');
  header.writeUInt16LE(62, 18);
  writeFileSync(path, Buffer.concat([header, Buffer.from(`/dev/null\nexit 1\n${text}`)]));
  chmodSync(path, 0o755);
};
const wanted = (checksum?: string): WantedProgram => ({
  artifact: 'nomad',
  version: '1.9.7',
  url: 'https://releases.example/nomad/1.9.7/nomad_1.9.7_linux_amd64.zip',
  checksum,
});
const provide = async (env: Record<string, string>, wants: WantedProgram, reply?: () => Response) => {
  const asked: string[] = [];
  const said: string[] = [];
  const provided = await providePrograms([wants], {
    env: { HOME: home, PATH: '', ...env },
    architecture: 'amd64',
    fetch: async (url) => {
      asked.push(url);
      if (reply === undefined) throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });
      return reply();
    },
    say: (text) => said.push(text),
  });
  return { provided: provided[0], asked, said };
};
const cache = (): string => cacheDirectory({ HOME: home });

describe('programs for servers', () => {
  test('what NOMAD_BIN names is packed as the vendor packs it, and once only', async () => {
    const program = join(home, 'mine');
    fakeProgram(program, 'first');
    const { provided, asked } = await provide({ NOMAD_BIN: program }, wanted());
    expect(provided?.version).toBe('1.9.7');
    expect(asked).toEqual([]);
    const archive = join(cache(), provided?.file ?? '');
    expect(sha256(readFileSync(archive))).toBe(provided?.checksum);
    const out = join(home, 'out');
    execFileSync('python3', ['-m', 'zipfile', '-e', archive, out]);
    expect(readFileSync(join(out, 'nomad'))).toEqual(readFileSync(program));

    writeFileSync(archive, 'kept as it is');
    const again = await provide({ NOMAD_BIN: program }, wanted());
    expect(again.provided).toEqual(provided);
    expect(readFileSync(archive, 'utf8')).toBe('kept as it is');
  });

  test('a program that changed is packed again under another checksum', async () => {
    const program = join(home, 'mine');
    fakeProgram(program, 'first');
    const before = await provide({ NOMAD_BIN: program }, wanted());
    fakeProgram(program, 'second, longer');
    const after = await provide({ NOMAD_BIN: program }, wanted());
    expect(after.provided?.checksum).not.toBe(before.provided?.checksum);
  });

  test('PATH is looked through for a Linux program; scripts and programs of other systems are passed over', async () => {
    const [scripts, programs] = [join(home, 'scripts'), join(home, 'programs')];
    mkdirSync(scripts);
    mkdirSync(programs);
    writeFileSync(join(scripts, 'nomad'), '#!/bin/sh\n', { mode: 0o755 });
    fakeProgram(join(programs, 'nomad'), 'real');
    const { provided } = await provide({ PATH: `${scripts}:${programs}` }, wanted());
    expect(provided?.file).toMatch(/^nomad-[0-9a-f]{32}$/);
  });

  test('a variable that names no program is refused, although PATH might have one', async () => {
    await expect(provide({ NOMAD_BIN: join(home, 'nowhere') }, wanted())).rejects.toThrow(
      `NOMAD_BIN is ${home}/nowhere, which is no Linux program for amd64. Set NOMAD_BIN to the file of nomad itself, or unset it`,
    );
  });

  test('without a program the official release is fetched, checked and kept', async () => {
    const release = Buffer.from('the zip of the vendor');
    const first = await provide({}, wanted(sha256(release)), () => new Response(release));
    expect(first.provided).toMatchObject({ version: '1.9.7', checksum: sha256(release) });
    expect(first.said).toEqual(['downloading nomad 1.9.7']);
    const second = await provide({}, wanted(sha256(release)));
    expect(second.asked).toEqual([]);
    expect(await programsToDownload({ HOME: home, PATH: '' }, 'amd64')).toEqual(['consul', 'caddy']);
  });

  test('a wrong checksum is refused with both sums, and nothing is kept', async () => {
    const right = sha256('what the vendor published');
    const error = await provide({}, wanted(right), () => new Response('changed')).catch((caught: Error) => caught);
    expect(String(error)).toContain(`has a wrong checksum: ${sha256('changed')}, the vendor published ${right}`);
    expect(readdirSync(home)).toEqual([]);
  });

  test('where nothing can be had, two tries are made and one sentence says what to set', async () => {
    const said: string[] = [];
    let asked = 0;
    const attempt = providePrograms([wanted('0'.repeat(64))], {
      env: { HOME: home, PATH: '' },
      architecture: 'amd64',
      fetch: () => {
        asked += 1;
        return Promise.reject(new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') }));
      },
      say: (text) => said.push(text),
    });
    await expect(attempt).rejects.toThrow(
      "there is no nomad here, and https://releases.example/nomad/1.9.7/nomad_1.9.7_linux_amd64.zip can't be had: connect ECONNREFUSED. Set NOMAD_BIN to the program",
    );
    expect(asked).toBe(2);
  });
});

describe('archives', () => {
  const files = [
    { path: 'folder/one', content: Buffer.from('first'), mode: 0o755 },
    { path: 'folder/two', content: Buffer.alloc(1500, 'x'), mode: 0o644 },
  ];
  test('python reads the zip and tar the tar.gz, with names, bytes and modes', () => {
    writeFileSync(join(home, 'a.zip'), zipOf(files));
    writeFileSync(join(home, 'a.tar.gz'), tarGzOf(files));
    expect(execFileSync('python3', ['-m', 'zipfile', '-t', join(home, 'a.zip')], { encoding: 'utf8' })).toContain(
      'Done',
    );
    execFileSync('python3', ['-m', 'zipfile', '-e', join(home, 'a.zip'), home]);
    expect(readFileSync(join(home, 'folder/two'))).toEqual(files[1]?.content);
    const listed = execFileSync('tar', ['-tvzf', join(home, 'a.tar.gz')], { encoding: 'utf8' });
    expect(listed).toMatch(/-rwxr-xr-x 0\/0 +5 .* folder\/one\n-rw-r--r-- 0\/0 +1500 .* folder\/two\n/);
  });
  test('the same content makes the same bytes', () => {
    expect(sha256(zipOf(files))).toBe(sha256(zipOf(files)));
    expect(sha256(tarGzOf(files))).toBe(sha256(tarGzOf(files)));
  });
});
