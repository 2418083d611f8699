import { environmentFor } from '../config/environment.ts';
import type { Target } from '../domain/environment.ts';
import type { Session } from '../ports/session.ts';
import type { Context } from './context.ts';
import { createSession } from './session.ts';
import { supplied } from './supplies.ts';

/** A target's session; what a local world can't supply is missed where something is to be made, and not before. */
export const openSession = async (context: Context, target: Target): Promise<Session> => {
  const wanted = environmentFor(context.config, target);
  const { environment, lacks } = await supplied(wanted, context.config.file, context.supply);
  const session = createSession(context, environment);
  if (lacks === null) return session;
  const plan: Session['plan'] = async (options) => {
    if (options.intent === 'converge') throw lacks;
    return session.plan(options);
  };
  return { ...session, plan };
};
