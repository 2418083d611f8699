import { createLab, type Lab, shippedConfig } from '../test/support/lab.ts';
import type { Row } from './table.ts';

const modes = ['pool', 'server'] as const;
type Mode = (typeof modes)[number];

/** Six to a server, so one of them waits for another server to be ordered: the longest. */
const previews = 10;
/** What the issue asks of a pool: from a push to the answering URL, the image being there. */
const poolTargetMs = 15_000;

/**
 * From a push to the answering URL, without the build of the image, in the emulated cloud's own time: previews made one
 * after the other, then each with another image. A pool stands already, as it does for all but the first preview of a day.
 */
export const pushToUrl = async (): Promise<readonly Row[]> => {
  const rows: Row[] = [];
  for (const mode of modes) {
    const lab = createLab({ config: configOf(mode) });
    if (mode === 'pool') await timed(lab, 'pool --yes');
    const made: number[] = [];
    for (let number = 1; number <= previews; number += 1) made.push(await timed(lab, `pr ${number} --yes`));
    const pushed: number[] = [];
    for (let number = 1; number <= previews; number += 1)
      pushed.push(await timed(lab, `pr ${number} --image web=acme/web:2 --image server=acme/server:2 --yes`));
    rows.push(rowOf(mode, 'opened', made), rowOf(mode, 'pushed to', pushed));
  }
  return rows;
};

const configOf = (mode: Mode): string =>
  shippedConfig.replace(
    '    max: 15 #',
    `    mode: ${mode}\n    pool: { per_server: 6, max_servers: 2 }\n    max: 15 #`,
  );

const timed = async (lab: Lab, command: string): Promise<number> => {
  const startedAt = lab.emulator.clock.now();
  const { exitCode, stdout, stderr } = await lab.run(command);
  if (exitCode !== 0) throw new Error(`${command} ended with ${exitCode}:\n${stdout}${stderr}`);
  return lab.emulator.clock.now() - startedAt;
};

const rowOf = (mode: Mode, what: string, times: readonly number[]): Row => {
  const sorted = times.toSorted((a, b) => a - b);
  const p50 = sorted[Math.floor(sorted.length / 2)] ?? Number.POSITIVE_INFINITY;
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  return {
    what: `a preview is ${what}, mode ${mode}: until its URL answers`,
    figure: `p50 ${seconds(p50)}, longest ${seconds(sorted.at(-1) ?? 0)} of ${times.length}, virtual time`,
    target: mode === 'pool' ? '≤ 15 s' : 'beside it',
    ok: mode !== 'pool' || p50 <= poolTargetMs,
    anchor: 'no tool of the field has previews of its own on Hetzner',
  };
};
