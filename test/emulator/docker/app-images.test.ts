import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { placeInRegistry } from '../../../src/emulator/docker/app-images.ts';
import { baseOf, programOf } from '../../../src/emulator/docker/app-images-base.ts';
import { contentHash } from '../../../src/emulator/docker/app-images-build.ts';

describe('images of jobs', () => {
  test.each([
    ['web', 'library/web', 'latest'],
    ['redis:7', 'library/redis', '7'],
    ['developeraipacto/aipacto-web:latest', 'developeraipacto/aipacto-web', 'latest'],
    ['docker.io/developeraipacto/aipacto-web', 'developeraipacto/aipacto-web', 'latest'],
  ])(
    '%s is looked for at %s:%s by engines that have the registry as a mirror of Docker Hub',
    (image, repository, tag) => {
      expect(placeInRegistry(image)).toEqual({ repository, tag });
    },
  );
  test.each(['ghcr.io/team/web:1', 'localhost:5000/web', 'web@sha256:aa'])('%s is left to where it is', (image) => {
    expect(placeInRegistry(image)).toBeNull();
  });

  test('a change of what a Dockerfile copies makes another image, a change beside it does not', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'images-'));
    try {
      mkdirSync(join(folder, 'app'));
      writeFileSync(join(folder, 'app/main.mjs'), 'one');
      const dockerfile = 'ARG BASE=node:24-alpine\nFROM ${BASE}\nCOPY --chown=node:node app/ ./\n';
      const first = await contentHash(dockerfile, folder, 'base');
      writeFileSync(join(folder, 'notes.txt'), 'beside');
      expect(await contentHash(dockerfile, folder, 'base')).toBe(first);
      expect(await contentHash(dockerfile, folder, 'other base')).not.toBe(first);
      writeFileSync(join(folder, 'app/main.mjs'), 'two');
      expect(await contentHash(dockerfile, folder, 'base')).not.toBe(first);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('a Dockerfile says which base it can do without', () => {
    expect(baseOf('# text\nARG BASE=node:24-alpine\nFROM ${BASE}\n')).toBe('node:24-alpine');
    expect(baseOf('FROM node:24-alpine\n')).toBeUndefined();
    expect(programOf('CMD ["sh"]\nFROM x\nCMD ["node", "server.mjs"]\n')).toBe('node');
    expect(programOf('CMD node server.mjs\n')).toBeUndefined();
  });
});
