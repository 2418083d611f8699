import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chooseLocal, type LocalKind } from '../../src/compose/local-world.ts';
import type { Target } from '../../src/domain/environment.ts';
import { Failure } from '../../src/domain/errors.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'local-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const lacksNomad = { why: 'no nomad', next: 'set NOMAD_BIN, or put nomad on PATH' };
const production: Target = { type: 'production' };
const lives = (where: LocalKind, environment: string, resources: object = { 'server/x-1': {} }): void => {
  const folder = where === 'docker' ? join(directory, 'docker') : directory;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${environment}.json`), JSON.stringify({ resources }));
};
const choose = async (
  choice: LocalKind | 'either',
  missing: typeof lacksNomad | null,
  wanted: Target | 'all' = production,
) => {
  const said: string[] = [];
  let probed = 0;
  const missingForDocker = async () => {
    probed += 1;
    return missing;
  };
  const open = () => Promise.reject(new Error('nothing is opened by choosing'));
  const kind = await chooseLocal({
    choice,
    target: wanted === 'all' ? undefined : wanted,
    directory,
    worlds: { missingForDocker, open },
    say: (text) => said.push(text),
  });
  return { kind, said, probed };
};

describe('a plain --local', () => {
  test('takes docker where an engine and the programs are there, and says so', async () => {
    expect(await choose('either', null)).toEqual({
      kind: 'docker',
      said: ['--local: docker, because an engine and the programs are there'],
      probed: 1,
    });
  });
  test('is simulated where something is missing, and says what and what to set', async () => {
    expect(await choose('either', lacksNomad)).toMatchObject({
      kind: 'simulated',
      said: ['--local: simulated, because no nomad: set NOMAD_BIN, or put nomad on PATH'],
    });
  });
  test('names the simulated world once, as the way out or as the way taken', async () => {
    const lacks = { why: 'no Docker engine answers', next: 'start it, or choose --local=simulated' };
    expect((await choose('either', lacks)).said).toEqual([
      '--local: simulated, because no Docker engine answers: start it',
    ]);
    await expect(choose('docker', lacks)).rejects.toMatchObject({ next: 'start it, or write --local=simulated' });
    const unknown = { ...lacks, next: 'choose --local=simulated' };
    await expect(choose('docker', unknown)).rejects.toMatchObject({ next: 'write --local=simulated' });
  });
  test('stays in the simulated world where the environment lives, without looking for an engine', async () => {
    lives('simulated', 'production');
    expect(await choose('either', null)).toEqual({
      kind: 'simulated',
      said: ['--local: simulated, because production lives there'],
      probed: 0,
    });
  });
  test('stays in the docker world where the environment lives', async () => {
    lives('docker', 'pr-7');
    expect(await choose('either', null, { type: 'pr', pullRequest: 7 })).toMatchObject({
      kind: 'docker',
      said: ['--local: docker, because pr-7 lives there'],
    });
  });
  test('fails, rather than begin anew elsewhere, when the environment lives in docker and the engine is gone', async () => {
    lives('docker', 'production');
    const error = await choose('either', { why: 'no Docker engine answers', next: 'start it' }).catch(
      (e: Failure) => e,
    );
    expect(error).toBeInstanceOf(Failure);
    expect(error).toMatchObject({
      message: "production lives in --local=docker, whose servers can't run: no Docker engine answers",
      done: ['nothing was changed'],
      next: 'start it, or write --local=simulated',
    });
  });
  test('an environment that was destroyed lives nowhere', async () => {
    lives('simulated', 'production', {});
    expect((await choose('either', null)).kind).toBe('docker');
  });
  test('a state that is damaged counts as lived in', async () => {
    lives('simulated', 'production');
    writeFileSync(join(directory, 'production.json'), '{"resour');
    expect((await choose('either', null)).kind).toBe('simulated');
  });
  test('for a command about all environments, any of them counts', async () => {
    lives('simulated', 'staging');
    expect((await choose('either', null, 'all')).kind).toBe('simulated');
  });
});

describe('a kind that is named', () => {
  test('simulated is taken without a look', async () => {
    lives('docker', 'production');
    expect(await choose('simulated', null)).toEqual({ kind: 'simulated', said: [], probed: 0 });
  });
  test('docker is refused with a sentence and the next command where something is missing', async () => {
    await expect(choose('docker', lacksNomad)).rejects.toMatchObject({
      message: "servers of --local=docker can't run: no nomad",
      next: 'set NOMAD_BIN, or put nomad on PATH, or write --local=simulated',
      done: ['nothing was changed'],
    });
  });
  test('docker is taken where it can be had, and needs no word', async () => {
    expect(await choose('docker', null)).toMatchObject({ kind: 'docker', said: [] });
  });
});
