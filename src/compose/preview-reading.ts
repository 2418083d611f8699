import type { Session } from '../ports/session.ts';
import { openSession } from './open-session.ts';
import type { Changing } from './preview-changes.ts';

const looking = async <T>(
  { context, allowRunner, command, signal }: Changing,
  pullRequest: number,
  look: (session: Session) => Promise<T>,
): Promise<T> => {
  const session = await openSession(context, { type: 'pr', pullRequest });
  try {
    if (allowRunner === null) return await look(session);
    return await session.withAccess(allowRunner, { command, signal, lease: false }, () => look(session));
  } finally {
    await session.close();
  }
};

/** Lines of health, from the outside in. */
export const statusLines = (changing: Changing, pullRequest: number): Promise<readonly string[]> =>
  looking(changing, pullRequest, async (session) => {
    const lines = await session.status();
    return lines.map(({ layer, name, health, detail }) => `${layer} ${name}: ${health}, ${detail}`);
  });

export const logsOf = (changing: Changing, pullRequest: number, job: string | null, lines: number) =>
  looking(changing, pullRequest, (session) => session.logs(job, lines));
