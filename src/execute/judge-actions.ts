import { type Failure, HetznerActionError } from '../domain/errors.ts';
import type { HetznerAction } from '../ports/cloud-api.ts';
import { deadline } from './patience.ts';

export interface About {
  /** The step's id, for messages. */
  readonly step: string;
  readonly estimateMs: number;
  readonly progress: (detail: string) => void;
  /** The next command, for messages. */
  readonly next: string;
}

/** One step's wait for its Hetzner actions. */
export interface Wait {
  readonly about: About;
  /** Ids that have not ended. */
  readonly running: Set<number>;
  readonly startedAt: number;
  readonly boundMs: number;
  polls: number;
  dueAt: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export type Verdict = 'running' | 'done' | Failure;

export const actionList = (wait: Wait): string => `Hetzner action ${[...wait.running].join(', ')}`;

/** Applies what the API said of a wait's actions; the first that ended badly ends the wait. */
export const judge = (wait: Wait, answers: readonly HetznerAction[], now: number): Verdict => {
  const mine = answers.filter((answer) => wait.running.has(answer.id));
  for (const answer of mine) {
    if (answer.status === 'error' || answer.error !== null) return actionFailed(wait, answer);
    if (answer.status === 'success') wait.running.delete(answer.id);
  }
  if (wait.running.size === 0) return 'done';
  const slowest = mine.find((answer) => wait.running.has(answer.id));
  const what = slowest === undefined ? actionList(wait) : `Hetzner action ${slowest.command}`;
  if (now - wait.startedAt >= wait.boundMs) {
    const ids = [...wait.running].join(', ');
    return deadline(`${wait.about.step}: ${what} (id ${ids})`, wait.boundMs, wait.about.next);
  }
  wait.about.progress(slowest === undefined ? what : `${what}, ${slowest.progress} %`);
  return 'running';
};

const actionFailed = (wait: Wait, action: HetznerAction): HetznerActionError => {
  const code = action.error?.code ?? 'unknown_error';
  const text = action.error?.message ?? '';
  return new HetznerActionError(
    `Hetzner action ${action.command} (id ${action.id}) ended in error: ${text === '' ? code : `${text} (${code})`}`,
    code,
    { next: wait.about.next },
  );
};
