import type { FailedTask } from './describe.ts';
import { type NomadHttp, NomadRefusal } from './http.ts';
import { type Allocation, allocationsSchema } from './wire.ts';

/** Enough to see a stack trace's reason, little enough for an error message. */
const forMessages = { lines: 12, bytes: 4_000, indent: '  ' };

/** A line longer than this is cut where the asked number of lines would be more than this long. */
const bytesPerLine = 400;

const streams = ['stdout', 'stderr'] as const;

/**
 * The end of what the task wrote, for error messages: its stderr, and its stdout where that is silent. '' when there is
 * none: it never started, or its node can't be asked any more.
 */
export const logTail = async (http: NomadHttp, { allocation, task }: FailedTask): Promise<string> => {
  for (const stream of streams.toReversed()) {
    const tail = await read(http, { allocation, task, stream }, forMessages);
    if (tail !== '') return `the last lines of its ${stream}:\n${tail}`;
  }
  return '';
};

/** What a job's newest allocation wrote last, for somebody who asked for it; null: there is no such job. */
export const jobLogs = async (http: NomadHttp, jobId: string, lines: number): Promise<string | null> => {
  const found = await http.ask('GET', `/v1/job/${encodeURIComponent(jobId)}/allocations`, allocationsSchema);
  const [newest] = found.body.toSorted((a, b) => running(b) - running(a) || b.CreateIndex - a.CreateIndex);
  if (newest === undefined) return null;
  const parts: string[] = [];
  for (const task of Object.keys(newest.TaskStates ?? {}))
    for (const stream of streams) {
      const place = { allocation: newest.ID, task, stream };
      const tail = await read(http, place, { lines, bytes: lines * bytesPerLine, indent: '' });
      if (tail !== '') parts.push(stream === 'stderr' ? `stderr:\n${tail}` : tail);
    }
  return parts.join('\n');
};

const running = ({ ClientStatus: status, DesiredStatus: wanted }: Allocation): number =>
  status === 'running' && wanted === 'run' ? 1 : 0;

const read = async (
  http: NomadHttp,
  { allocation, task, stream }: { readonly allocation: string; readonly task: string; readonly stream: string },
  { lines, bytes, indent }: { readonly lines: number; readonly bytes: number; readonly indent: string },
): Promise<string> => {
  const query = new URLSearchParams({ task, type: stream, origin: 'end', offset: String(bytes), plain: 'true' });
  try {
    const text = await http.text(`/v1/client/fs/logs/${allocation}?${query}`);
    return text
      .split('\n')
      .map((line) => line.trimEnd())
      .filter((line) => line !== '')
      .slice(-lines)
      .map((line) => `${indent}${line}`)
      .join('\n');
  } catch (error) {
    // 404 without logs, 500 for a node that is gone (seen on a real 1.9.7): the failure itself is told all the same.
    if (error instanceof NomadRefusal) return '';
    throw error;
  }
};
