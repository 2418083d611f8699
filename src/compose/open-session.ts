import { environmentFor } from '../config/environment.ts';
import type { Environment, Target } from '../domain/environment.ts';
import type { Session } from '../ports/session.ts';
import type { Context } from './context.ts';
import { type HostNeed, hostNeed, poolSized } from './host.ts';
import { createSession } from './session.ts';
import { supplied } from './supplies.ts';

/** The environment of the target as infra.yaml has it; a pool's workers follow from its previews. */
const wantedOf = async (context: Context, target: Target): Promise<Environment> => {
  const environment = environmentFor(context.config, target);
  return target.type === 'pool' ? poolSized(context, environment) : environment;
};

/** A target's session, or one of the environment that is given; what a local world can't supply is missed where something is to be made, and not before. */
export const openSession = async (context: Context, target: Target, sized?: Environment): Promise<Session> => {
  const wanted = sized ?? (await wantedOf(context, target));
  const { environment, lacks } = await supplied(wanted, context.config.file, context.supply);
  const own = createSession(context, environment);
  const session = environment.host === undefined ? own : withHost(context, own);
  if (lacks === null) return session;
  const plan: Session['plan'] = async (options) => {
    if (options.intent === 'converge') throw lacks;
    return session.plan(options);
  };
  return { ...session, plan };
};

const withHost = (context: Context, session: Session): Session => {
  const opened: Session[] = [];
  return {
    ...session,
    async host() {
      const need = await hostNeed(context, session.environment);
      if (need === null) return null;
      const host = await openHost(context, need);
      opened.push(host);
      return { session: host, plan: (await host.plan(need.options)).plan };
    },
    close: async () => void (await Promise.all([...opened, session].map((one) => one.close()))),
  };
};

/** A session for what the host lacks. */
export const openHost = (context: Context, { environment }: HostNeed): Promise<Session> => {
  const { type } = environment;
  // What a pool is remembered by lies where previews have it.
  return openSession(type === 'pool' ? context : context.contextFor(type), { type }, environment);
};
