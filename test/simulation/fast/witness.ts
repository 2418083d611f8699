import type { CloudKind } from '../../../src/domain/kinds.ts';
import type { CloudEffect } from '../../../src/domain/plan.ts';
import { type EnvironmentName, environmentNames, secretMark } from './project.ts';
import { isWhole } from './store.ts';
import { keyOf, type Landing, type Things } from './things.ts';

/*
 * Stands beside the code under test and believes nothing of it: it sees every write where it takes effect, knows by
 * whom, and keeps its own books of leases, owners and serials.
 */
export interface Who {
  readonly name: string;
  readonly environment: EnvironmentName;
  readonly command: 'converge' | 'destroy' | 'plan';
}

interface Holding {
  readonly who: Who;
  readonly nonce: string;
  readonly token: number;
  readonly released: boolean;
}
interface Written {
  readonly lineage: string;
  readonly serial: number;
  readonly token: number;
}

export const somebody = 'somebody else';

export interface Witness {
  readonly violations: string[];
  /** Who made each object: an environment, or somebody else. */
  readonly makers: Map<string, string>;
  readonly mutations: () => number;
  /** Made by whom: for what a run must name when it ends badly. */
  readonly madeBy: (who: Who) => readonly string[];
  mutates(who: Who, effect: CloudEffect): (landing: Landing) => void;
  mutatesCluster(who: Who, what: string): void;
  writes(who: Who, key: string, before: string | undefined, after: string | undefined): void;
  listed(who: Who, kind: CloudKind, complete: boolean): void;
  /** The store itself did that: what was written before counts no more. */
  forget(key: string): void;
  said(who: Who, text: string): void;
  fail(text: string): void;
}

export const createWitness = (things: Things, now: () => number, trace: (line: string) => void): Witness => {
  const violations: string[] = [];
  const makers = new Map<string, string>();
  const made = new Map<Who, string[]>();
  const holders = new Map<string, Holding>();
  const tokens = new Map<string, number>();
  const states = new Map<string, Written>();
  const incomplete = new Map<Who, Set<CloudKind>>();
  /** When each run looked at the records last, and when each object was made. */
  const records = new Map<Who, number>();
  const bornAt = new Map<string, number>();
  let mutations = 0;

  const fail = (text: string): void => {
    if (violations.length < 20) violations.push(text);
    trace(`VIOLATION ${text}`);
  };
  const mustHold = (who: Who, what: string): void => {
    mutations += 1;
    if (who.command === 'plan') fail(`a plan changed something: ${what} by ${who.name}`);
    const holder = holders.get(who.environment);
    if (holder === undefined) fail(`${who.name} changed something without a lease: ${what}`);
    else if (holder.who !== who)
      fail(`${who.name} changed something (${what}) although ${holder.who.name} has taken the lease ${holder.token}`);
    else if (holder.released) fail(`${who.name} changed something after it gave its lease back: ${what}`);
  };
  /** What belongs to all environments takes the lease on \`shared\` as well. */
  const mustHoldShared = (who: Who, effect: CloudEffect, what: string): void => {
    const kind = effect.op === 'create' ? effect.resource.kind : effect.kind;
    if (kind !== 'zone' || effect.op === 'change') return;
    const holder = holders.get('shared');
    if (holder === undefined || holder.released) fail(`${who.name} did without the lease on shared: ${what}`);
    else if (holder.who !== who)
      fail(`${who.name} did without the lease on shared, which ${holder.who.name} has: ${what}`);
  };
  const mayTouch = (who: Who, key: string, what: string): void => {
    const maker = makers.get(key);
    const shared = key.startsWith('zone/') && maker !== somebody;
    if (maker !== undefined && maker !== who.environment && !shared)
      fail(`${who.name} touched ${key}, made by ${maker}: ${what}`);
  };

  const wroteLease = (who: Who, environment: string, text: string): void => {
    const token = numberIn(text, 'fencingToken');
    const nonce = textIn(text, 'nonce');
    const before = tokens.get(environment) ?? 0;
    const previous = holders.get(environment);
    if (token < before) fail(`the fencing token of ${environment} went back from ${before} to ${token}`);
    if (token === before && previous !== undefined && previous.nonce !== nonce)
      fail(`two holders of ${environment} have the fencing token ${token}`);
    tokens.set(environment, token);
    holders.set(environment, { who, nonce, token, released: /"released": true/.test(text) });
  };
  /**
   * Who lost its lease may still write down what it did, as long as no later holder has written: nothing is lost by it,
   * and the later one's first write finds out. That is what the token in the document is for.
   */
  const wroteState = (who: Who, environment: string, text: string): void => {
    const now = {
      lineage: textIn(text, 'lineage'),
      serial: numberIn(text, 'serial'),
      token: numberIn(text, 'fencingToken'),
    };
    const before = states.get(environment);
    states.set(environment, now);
    const isShared = environment === 'shared';
    if (!isShared && who.environment !== environment) fail(`${who.name} wrote the state of ${environment}`);
    if (before === undefined) return;
    if (before.lineage !== now.lineage) fail(`the lineage of ${environment} changed`);
    if (now.serial !== before.serial + 1) fail(`serial ${now.serial} of ${environment} came after ${before.serial}`);
    if (now.token < before.token) fail(`the token in the state of ${environment} went back to ${now.token}`);
  };

  return {
    violations,
    makers,
    fail,
    mutations: () => mutations,
    madeBy: (who) => made.get(who) ?? [],
    mutates(who, effect) {
      const what = titleOf(effect);
      trace(`${who.name} ${what}`);
      mustHold(who, what);
      mustHoldShared(who, effect, what);
      if (effect.op === 'create') {
        const { labels } = effect.resource;
        for (const label of ['project', 'environment', 'environment-type', 'address', 'run'])
          if (labels[label] === undefined) fail(`${what} by ${who.name} makes something without label ${label}`);
      } else {
        mayTouch(who, keyOf(effect.kind, effect.id ?? ''), what);
        if (effect.op === 'delete' && incomplete.get(who)?.has(effect.kind))
          fail(`${who.name} deleted on a list that was not complete: ${what}`);
        // What stands in a zone goes with it, whoever made it; what came after the last look nobody could know of.
        const lookedAt = records.get(who) ?? 0;
        const thing = effect.op === 'delete' ? things.all.get(keyOf(effect.kind, effect.id)) : undefined;
        for (const [key, other] of thing?.kind === 'zone' ? things.all : [])
          if (
            other.facts.zone === thing?.name &&
            makers.get(key) !== who.environment &&
            Number(bornAt.get(key)) <= lookedAt
          )
            fail(`${who.name} deleted zone ${thing?.name} with ${other.name} in it, made by ${makers.get(key)}`);
      }
      return ({ thing }) => {
        const key = keyOf(thing.kind, thing.id);
        if (effect.op === 'create') {
          makers.set(key, who.environment);
          bornAt.set(key, now());
          made.set(who, [...(made.get(who) ?? []), key]);
        }
      };
    },
    mutatesCluster(who, what) {
      trace(`${who.name} ${what}`);
      mustHold(who, what);
    },
    writes(who, key, before, after) {
      trace(`${who.name} ${after === undefined ? 'removes' : 'writes'} ${key} ${after?.length ?? 0}`);
      if (who.command === 'plan') fail(`a plan wrote ${key}`);
      if (after?.includes(secretMark)) fail(`a secret is in ${key}`);
      const environment = key.split('.')[0] ?? '';
      if (/^[^.]+\.lease\.json$/.test(key)) {
        if (after === undefined) fail(`${who.name} removed ${key}`);
        else wroteLease(who, environment, after);
      }
      if (/^[^.]+\.json$/.test(key) && (isEnvironment(environment) || environment === 'shared')) {
        if (before !== undefined && !isWhole(before)) fail(`${who.name} wrote over the damaged ${key}`);
        if (after === undefined) fail(`${who.name} removed ${key}`);
        else wroteState(who, environment, after);
      }
    },
    listed(who, kind, complete) {
      if (kind === 'rrset') records.set(who, now());
      const kinds = incomplete.get(who) ?? new Set();
      incomplete.set(who, kinds);
      if (complete) kinds.delete(kind);
      else kinds.add(kind);
    },
    forget(key) {
      const environment = key.split('.')[0] ?? '';
      if (key.endsWith('.lease.json')) {
        tokens.delete(environment);
        holders.delete(environment);
      } else states.delete(environment);
    },
    said(who, text) {
      if (text.includes(secretMark)) fail(`${who.name} told a secret`);
      if (/\n\s+at \S+ \(|TypeError|fault of the planner/.test(text))
        fail(`${who.name} met something unforeseen: ${text}`);
    },
  };
};

const isEnvironment = (text: string): text is EnvironmentName => environmentNames.some((name) => name === text);
const numberIn = (text: string, key: string): number => Number(new RegExp(`^  "${key}": (\\d+)`, 'm').exec(text)?.[1]);
const textIn = (text: string, key: string): string => new RegExp(`^  "${key}": "([^"]*)"`, 'm').exec(text)?.[1] ?? '';

export const titleOf = (effect: CloudEffect): string => {
  if (effect.op === 'create') return `create ${effect.resource.kind} ${effect.resource.name}`;
  return `${effect.op === 'change' ? effect.change.op : 'delete'} ${effect.kind} ${effect.id}`;
};
