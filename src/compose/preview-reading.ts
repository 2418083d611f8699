import type { Context } from './context.ts';
import { openSession } from './open-session.ts';

/** Lines of health, from the outside in. */
export const statusLines = async (context: Context, pullRequest: number): Promise<readonly string[]> => {
  const session = await openSession(context, { type: 'pr', pullRequest });
  try {
    const lines = await session.status();
    return lines.map(({ layer, name, health, detail }) => `${layer} ${name}: ${health}, ${detail}`);
  } finally {
    await session.close();
  }
};

export const logsOf = async (context: Context, pullRequest: number, job: string | null, lines: number) => {
  const session = await openSession(context, { type: 'pr', pullRequest });
  try {
    return await session.logs(job, lines);
  } finally {
    await session.close();
  }
};
