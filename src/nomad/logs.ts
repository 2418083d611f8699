import type { FailedTask } from './describe.ts';
import { type NomadHttp, NomadRefusal } from './http.ts';

/** Enough to see a stack trace's reason, little enough for an error message. */
const linesMax = 12;
const bytesMax = 4_000;

/**
 * The end of what the task wrote, for error messages: its stderr, and its stdout where that is silent. '' when there is
 * none: it never started, or its node can't be asked any more.
 */
export const logTail = async (http: NomadHttp, { allocation, task }: FailedTask): Promise<string> => {
  for (const stream of ['stderr', 'stdout'] as const) {
    const tail = await read(http, allocation, task, stream);
    if (tail !== '') return `the last lines of its ${stream}:\n${tail}`;
  }
  return '';
};

const read = async (http: NomadHttp, allocation: string, task: string, type: string): Promise<string> => {
  const query = new URLSearchParams({ task, type, origin: 'end', offset: String(bytesMax), plain: 'true' });
  try {
    const text = await http.text(`/v1/client/fs/logs/${allocation}?${query}`);
    return text
      .split('\n')
      .map((line) => line.trimEnd())
      .filter((line) => line !== '')
      .slice(-linesMax)
      .map((line) => `  ${line}`)
      .join('\n');
  } catch (error) {
    // 404 without logs, 500 for a node that is gone (seen on a real 1.9.7): the failure itself is told all the same.
    if (error instanceof NomadRefusal) return '';
    throw error;
  }
};
