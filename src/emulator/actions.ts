import type { Action, ActionResource } from '../hetzner/wire/actions.ts';
import type { Server } from '../hetzner/wire/servers.ts';
import { isoOf, type Kit } from './context.ts';
import { durationOf } from './durations.ts';
import type { RunEffect } from './effects.ts';
import { ActionFailure, conflict, serverLocked } from './errors.ts';
import type { Effect, PendingAction, World } from './world.ts';

export interface StartAction {
  readonly command: string;
  /** What the action names; the first is its subject. */
  readonly resources: readonly ActionResource[];
  /** What nothing else may change meanwhile; default: the subject. `[]` locks nothing. */
  readonly locks?: readonly ActionResource[];
  /** ms; default: the table's. 0: it comes back as `success`, its effect done. */
  readonly duration?: number;
  /** Runs at the end, and only when the action ends well. */
  readonly effect?: Effect;
  /** It begins when this one has ended well, and fails with it: `next_actions`. */
  readonly after?: Action;
}
export interface Actions {
  start(action: StartAction): Action;
  /** Throws `locked` (servers) or `conflict` (other kinds) while an action holds the resource. */
  assertFree(type: string, id: number): void;
  isBusy(type: string, id: number): boolean;
  /** Runs an effect `ms` from now, with no action to see. */
  later(ms: number, effect: Effect): void;
  /** Lets everything land that is due by now. Called before every request. */
  settle(): void;
  /** Shows how far things have got by now, and lets none of them land. */
  look(): void;
  /** Whether something would land by now. */
  isDue(): boolean;
}

/** A fault for the next action of this command, if one is set. */
export type ActionFault = { readonly end: 'never' } | { readonly end: 'error'; code: string; message: string };
export interface ActionEngineDeps {
  readonly world: World;
  readonly now: () => number;
  /** Sets the moment that effects see as `now`. */
  readonly at: (ms: number | undefined) => void;
  readonly kit: () => Kit;
  readonly runEffect: RunEffect;
  readonly faultOf: (command: string) => ActionFault | undefined;
  /** Of durations; see Pace. */
  readonly scale: number;
}

const afterFailure: Readonly<Record<string, Server['status']>> = {
  starting: 'off',
  migrating: 'off',
  rebuilding: 'off',
  stopping: 'running',
  deleting: 'running',
};

/** Hetzner keeps finished actions for weeks; a world file keeps this many of the newest. */
const actionsKept = 5_000;

export const createActions = ({ world, now, at, kit, runEffect, faultOf, scale }: ActionEngineDeps): Actions => {
  const { state } = world;
  const holds = (pending: PendingAction, type: string, id: number): boolean =>
    pending.locks.some((lock) => lock.type === type && lock.id === id);
  const isBusy = (type: string, id: number): boolean => state.pending.some((pending) => holds(pending, type, id));
  const markLocks = (locks: readonly ActionResource[]): void => {
    for (const lock of locks) {
      const server = lock.type === 'server' ? world.servers.get(lock.id) : undefined;
      if (server !== undefined) server.locked = isBusy('server', lock.id);
    }
  };

  const end = (action: Action, error: Action['error'], ms: number): void => {
    action.status = error === null ? 'success' : 'error';
    action.progress = 100;
    action.finished = isoOf(ms);
    action.error = error;
  };
  /** The effect's own failure becomes the action's; anything else is a bug of the emulator and surfaces. */
  const land = (effect: Effect | null): Action['error'] => {
    if (effect === null) return null;
    try {
      runEffect(kit(), effect);
      return null;
    } catch (error) {
      if (error instanceof ActionFailure) return { code: error.code, message: error.message };
      throw error;
    }
  };

  /** What a failed action leaves of a server: a status that speaks of something under way would be one for ever (B). */
  const fallBack = (pending: PendingAction): void => {
    for (const { type, id } of pending.locks) {
      const server = type === 'server' ? world.servers.get(id) : undefined;
      const status = server === undefined ? undefined : afterFailure[server.status];
      if (server !== undefined && status !== undefined) server.status = status;
    }
  };

  const startFollowers = (id: number, failed: boolean, ms: number): void => {
    for (const follower of state.pending.filter((one) => one.after === id)) {
      if (!failed) {
        follower.after = null;
        follower.startsAt = ms;
        follower.endsAt = follower.never ? null : ms + follower.duration;
      } else finish(follower, { code: 'action_failed', message: 'a previous action failed' }, ms);
    }
  };
  const finish = (pending: PendingAction, failure: Action['error'], ms: number): void => {
    state.pending = state.pending.filter((one) => one !== pending);
    const error = failure ?? land(pending.effect);
    const action = world.actions.get(pending.id);
    if (action !== undefined) end(action, error, ms);
    if (error !== null) fallBack(pending);
    markLocks(pending.locks);
    startFollowers(pending.id, error !== null, ms);
  };

  const progress = (pending: PendingAction, ms: number): void => {
    const action = world.actions.get(pending.id);
    if (action === undefined) return;
    const share = pending.after !== null || pending.duration === 0 ? 0 : (ms - pending.startsAt) / pending.duration;
    action.progress = Math.max(action.progress, Math.min(99, Math.floor(share * 100)));
  };

  /** The next thing due by `ms`: actions and timers share one line of time. */
  const nextDue = (ms: number): { at: number; run: () => void } | undefined => {
    const pending = state.pending
      .filter((one) => one.endsAt !== null && one.endsAt <= ms)
      .sort((a, b) => (a.endsAt ?? 0) - (b.endsAt ?? 0) || a.id - b.id)[0];
    const timer = state.timers.filter((one) => one.at <= ms).sort((a, b) => a.at - b.at)[0];
    if (timer !== undefined && timer.at < (pending?.endsAt ?? Number.POSITIVE_INFINITY)) {
      const run = (): void => {
        state.timers = state.timers.filter((one) => one !== timer);
        runEffect(kit(), timer.effect);
      };
      return { at: timer.at, run };
    }
    const endsAt = pending?.endsAt ?? null;
    return pending === undefined || endsAt === null
      ? undefined
      : { at: endsAt, run: () => finish(pending, pending.failure, endsAt) };
  };

  const look = (): void => {
    const ms = now();
    for (const pending of state.pending) progress(pending, ms);
  };
  const settle = (): void => {
    const ms = now();
    for (let due = nextDue(ms); due !== undefined; due = nextDue(ms)) {
      at(due.at);
      try {
        due.run();
      } finally {
        at(undefined);
      }
    }
    look();
    if (world.actions.size > actionsKept + 500) prune();
  };
  const prune = (): void => {
    const finished = world.actions.all().filter((action) => action.status !== 'running');
    for (const action of finished.slice(0, finished.length - actionsKept)) world.actions.delete(action.id);
  };

  const start = (wanted: StartAction): Action => {
    const id = world.actions.nextId();
    const ms = now();
    const fault = faultOf(wanted.command);
    const duration = (wanted.duration ?? durationOf(wanted.command)) * scale;
    const action: Action = world.actions.put(id, {
      id,
      command: wanted.command,
      status: 'running',
      progress: 0,
      started: isoOf(ms),
      finished: null,
      resources: wanted.resources.map((resource) => ({ ...resource })),
      error: null,
    });
    const after = wanted.after?.status === 'running' ? wanted.after.id : null;
    const never = fault?.end === 'never';
    if (duration === 0 && after === null && fault === undefined) {
      end(action, land(wanted.effect ?? null), ms);
      return action;
    }
    const locks = (wanted.locks ?? wanted.resources.slice(0, 1)).map((lock) => ({ ...lock }));
    state.pending.push({
      id,
      startsAt: ms,
      endsAt: never || after !== null ? null : ms + duration,
      duration,
      after,
      never,
      effect: wanted.effect ?? null,
      failure: fault?.end === 'error' ? { code: fault.code, message: fault.message } : null,
      locks,
    });
    markLocks(locks);
    return action;
  };

  return {
    start,
    isBusy,
    assertFree: (type, id) => {
      if (isBusy(type, id)) throw type === 'server' ? serverLocked() : conflict(type.replaceAll('_', ' '));
    },
    later: (ms, effect) => {
      state.timers.push({ at: now() + ms, effect });
    },
    settle,
    look,
    isDue: () => nextDue(now()) !== undefined,
  };
};
