import { type CommandRun, openSession, reading } from '../context.ts';
import { confirmAndApply } from './applying.ts';

export const runConverge: CommandRun = async (context) => {
  const session = await openSession(context);
  const { only, replace, adopt } = context.invocation.options;
  const { plan } = await reading(context, session.plan({ intent: 'converge', only, replace, adopt }));
  return confirmAndApply(context, session, plan, false);
};

export const runDestroy: CommandRun = async (context) => {
  const session = await openSession(context);
  const { plan } = await reading(context, session.plan({ intent: 'destroy' }));
  return confirmAndApply(context, session, plan, false);
};
