import { askInTurn } from '../cluster/ask.ts';
import { Failure } from '../domain/errors.ts';
import type { AnyObservedItem } from '../domain/observation.ts';
import { withoutControls } from '../domain/plain-text.ts';
import { connectWith, namespaceOf } from './connect.ts';
import type { TargetContext } from './context.ts';
import { serversOf } from './outputs.ts';

export interface AskedLogs {
  /** null: of all. */
  readonly job: string | null;
  readonly lines: number;
}

/**
 * The end of what jobs wrote, asked of whichever server answers. What programs print is anybody's text: secrets and
 * control characters are taken out here, markup is for whoever shows it.
 */
export const jobLogs = async (
  context: TargetContext,
  /** Those of the environment, or of its host. */
  items: readonly AnyObservedItem[],
  { job, lines }: AskedLogs,
): Promise<readonly { readonly job: string; readonly text: string }[]> => {
  const { environment, machines, keyRing, redacted } = context;
  const connect = connectWith(keyRing, namespaceOf(environment));
  const names = environment.jobs.map(({ name }) => name);
  if (job !== null && !names.includes(job))
    throw new Failure(`${environment.name} has no such job; its jobs are ${names.join(', ') || 'none'}`);
  const targets = serversOf(items).flatMap(({ name, facts }) => {
    const privateIp = facts.networks[0]?.ip;
    return facts.status === 'running' && privateIp !== undefined ? [{ name, privateIp, publicIp: facts.ipv4 }] : [];
  });
  if (targets.length === 0) throw new Failure(`nothing of ${environment.name} runs that could be asked`);
  const found = await Promise.all(
    (job === null ? names : [job]).map(async (name) => {
      const text = await askInTurn(targets, (one) => connect(one, machines).scheduler.logs(name, lines));
      return { job: name, text: text === null ? null : withoutControls(redacted(text)) };
    }),
  );
  const there = found.flatMap(({ job: name, text }) => (text === null ? [] : [{ job: name, text }]));
  if (there.length === 0) throw new Failure(`${job ?? 'no job'} has run in ${environment.name} yet`);
  return there;
};
