import type { PlanOptions } from '../../ports/session.ts';
import { type CommandContext, type CommandRun, openSession, reading } from '../context.ts';
import { whileAllowed } from './allowing.ts';
import { confirmAndApply } from './applying.ts';
import { whenFree } from './when-free.ts';
import { withHostReady } from './with-host.ts';

export const runConverge: CommandRun = (context) => {
  const { only, replace, adopt, recoverAccess, images } = context.invocation.options;
  return planAndApply(context, {
    intent: 'converge',
    only,
    replace,
    adopt,
    ...(Object.keys(images).length === 0 ? {} : { images }),
    ...(recoverAccess === undefined ? {} : { recoverAccess }),
  });
};

export const runDestroy: CommandRun = (context) => planAndApply(context, { intent: 'destroy' });

export const planAndApply = async (context: CommandContext, options: PlanOptions) => {
  const session = await openSession(context);
  return whenFree(context, session, () =>
    whileAllowed(context, session, async () => {
      const done = options.intent === 'destroy' ? null : await withHostReady(context, session, options);
      if (done !== null) return done;
      const { plan } = await reading(context, session.plan(options));
      return confirmAndApply(context, session, plan, false);
    }),
  );
};
