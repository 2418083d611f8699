import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { keys } from '../support/machines.ts';
import { createModelPeers } from './model-peers.ts';
import { recordConsulAccess, recordConsulReads, recordPreviewLogins, recordWorkloads } from './recording/consul.ts';
import {
  recordNomadAccess,
  recordNomadJobs,
  recordNomadNamespaces,
  recordNomadReads,
  recordNomadStop,
  recordNomadVariables,
} from './recording/nomad.ts';
import { createRecorder, type Entry, type Recorder, type System } from './recording/recorder.ts';
import { bringOthers, recordAlone, recordDead, untilReady } from './recording/scene.ts';
import { counterpart, differences } from './shape.ts';
import { toleratedIn, unneeded } from './tolerated.ts';

/* The scripts that recorded the real answers are run against the simulated models, whose time is virtual. */
const time = vi.hoisted(() => ({ sleep: async (_ms: number): Promise<void> => undefined }));
vi.mock('node:timers/promises', () => {
  const setTimeout = (ms: number): Promise<void> => time.sleep(ms);
  return { setTimeout, default: { setTimeout } };
});

const folder = join(import.meta.dirname, 'recorded');
const recordings = readdirSync(folder).filter((name) => /^(?:consul|nomad)-/.test(name));

const askModels = async (): Promise<Recorder> => {
  const { peers, sleep } = await createModelPeers();
  time.sleep = sleep;
  const recorder = createRecorder({ keys, peers, subnet: '10.0.1' });
  const scene = { peers, keys, recorder };
  await recordAlone(scene);
  await bringOthers(scene);
  await recordConsulAccess(scene);
  await recordNomadAccess(scene);
  await untilReady(scene);
  await recordWorkloads(scene);
  await recordNomadJobs(scene);
  await recordNomadReads(scene);
  await recordConsulReads(scene);
  await recordNomadVariables(scene);
  await recordNomadStop(scene);
  await recordPreviewLogins(scene);
  await recordNomadNamespaces(scene);
  await recordDead(scene);
  return recorder;
};
const asked = askModels();

const read = (recording: string, topic: string): readonly Entry[] =>
  JSON.parse(readFileSync(join(folder, recording, topic), 'utf8')) as Entry[];

const compared: string[] = [];

describe.each(recordings)('the model against %s', (recording) => {
  const system = recording.split('-')[0] as System;
  const topics = readdirSync(join(folder, recording)).filter((name) => name.endsWith('.json'));
  test.each(topics)('%s', async (topic) => {
    const recorder = await asked;
    const models = [...(recorder.topics(system)[topic.replace('.json', '')] ?? [])];
    const found = read(recording, topic).flatMap((real) => differences(real, counterpart(real, models)));
    compared.push(...found);
    expect([...new Set(found)].filter((one) => toleratedIn(one) === undefined)).toEqual([]);
  });
});

test('both systems are recorded, and every difference that is tolerated is there', () => {
  expect(recordings.map((name) => name.split('-')[0])).toEqual(['consul', 'nomad']);
  expect(unneeded(compared)).toEqual([]);
});
