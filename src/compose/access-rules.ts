import {
  type AccessOpener,
  type AccessRule,
  accessRuleAddress,
  accessRuleName,
  accessRuleOf,
  environmentSelector,
  labelsOfAccess,
} from '../domain/access-rule.ts';
import { CloudError, Failure, NoReplyError } from '../domain/errors.ts';
import type { AnyObservedItem } from '../domain/observation.ts';
import type { CloudChange } from '../domain/plan.ts';
import type { Resource } from '../domain/resource.ts';
import { createActionWaiter } from '../execute/action-waiter.ts';
import type { CloudApi } from '../ports/cloud-api.ts';
import type { Context } from './context.ts';

/* Rules for runners in the Hetzner project: made, listed, removed (docs/decisions/0033-runner-access.md). */

export interface WantedRule {
  readonly environment: string;
  /** Whose servers it stands before: those of another environment where previews share them. */
  readonly servers: string;
  readonly run: string;
  readonly opener: AccessOpener;
  readonly expiresMs: number;
  /** One address: `203.0.113.7/32`, `2001:db8::7/128`. */
  readonly from: string;
}

type Clouds = Pick<Context, 'config' | 'clock' | 'ungated'>;

const actionsMs = 120_000;
/** Terraform's provider tries as often: Hetzner lets go of a firewall some moments after it says so. */
const deleteTries = 10;
const deleteWaitMs = 1_000;
const removeTries = 4;

/** `cloud`: the gated one where a run makes it under its lease. Returns once Hetzner has put it before the servers. */
export const makeRule = async (context: Clouds, cloud: CloudApi, wanted: WantedRule): Promise<AccessRule> => {
  const { project } = context.config;
  const { environment, servers, run, from } = wanted;
  const selectors = [environmentSelector(project, servers)];
  const name = accessRuleName(project, environment, run);
  const resource: Resource<'firewall'> = {
    kind: 'firewall',
    address: accessRuleAddress(environment, run),
    name,
    labels: labelsOfAccess({ project, ...wanted }),
    spec: {
      rules: [
        { direction: 'in', protocol: 'tcp', port: '22', ips: [from], description: 'SSH of one runner, for a while' },
      ],
      selectors,
    },
    dependsOn: [],
    fingerprint: '',
    scope: 'environment',
  };
  const { id, actionIds } = await created(context, cloud, resource);
  const expiresMs = Math.ceil(wanted.expiresMs / 1000) * 1000;
  const rule: AccessRule = { ...wanted, id, name, expiresMs, from: [from], selectors, serverIds: [] };
  await settled(context, name, actionIds);
  return rule;
};

const created = async (
  { ungated }: Clouds,
  cloud: CloudApi,
  resource: Resource<'firewall'>,
): Promise<{ readonly id: string; readonly actionIds: readonly number[] }> => {
  try {
    const { id = '', actionIds } = await cloud.perform({ port: 'cloud', op: 'create', resource }, noReference);
    return { id, actionIds };
  } catch (error) {
    // The name is unique: what has it now was made by the request whose reply was lost.
    const found = error instanceof NoReplyError ? await ungated.find('firewall', resource.name) : undefined;
    if (found === undefined) throw error;
    return { id: found.id, actionIds: [] };
  }
};

const noReference = (): never => {
  throw new Failure('a rule for a runner refers to nothing');
};

const settled = async ({ ungated, clock }: Clouds, name: string, ids: readonly number[]): Promise<void> => {
  if (ids.length === 0) return;
  const signal = new AbortController().signal;
  const waiter = createActionWaiter({ cloud: ungated, clock, signal, boundMs: actionsMs });
  const about = { step: name, estimateMs: 1_000, progress: () => undefined, next: 'run the same command again' };
  await waiter.wait(ids, about);
};

/** The same rule, until later or sooner. */
export const extendRule = async (
  { ungated, config }: Clouds,
  rule: AccessRule,
  expiresMs: number,
): Promise<{ readonly expiresMs: number }> => {
  const labels = labelsOfAccess({ project: config.project, ...rule, expiresMs });
  const change = { op: 'set-labels', labels } as const;
  await ungated.perform({ port: 'cloud', op: 'change', kind: 'firewall', id: rule.id, change }, noReference);
  return { expiresMs: Math.ceil(expiresMs / 1000) * 1000 };
};

/** Of the whole project. Throws Failure on an incomplete list. */
export const listRules = async ({ ungated, config }: Clouds): Promise<readonly AccessRule[]> => {
  const { items, complete, because } = await ungated.list('firewall');
  if (!complete)
    throw new Failure(`the list of firewalls did not come whole: ${because ?? 'no reason given'}`, {
      next: 'run the same command again',
    });
  return items.flatMap((item) => accessRuleOf(item, config.project) ?? []);
};

/** By its name, where a create got no answer; undefined: there is none. */
export const findRule = async (
  { ungated, config }: Clouds,
  environment: string,
  run: string,
): Promise<AccessRule | undefined> => {
  const found: AnyObservedItem | undefined = await ungated.find(
    'firewall',
    accessRuleName(config.project, environment, run),
  );
  return found === undefined ? undefined : accessRuleOf(found, config.project);
};

/**
 * Takes it off its servers and deletes it; one that is gone is a success. Past the gate: it only takes a way in away, and
 * has to, also when the lease was lost (docs/decisions/0033-runner-access.md).
 */
export const removeRule = async (context: Clouds, rule: AccessRule): Promise<void> => {
  let left: AccessRule | undefined = rule;
  for (let n = 1; left !== undefined; n += 1) {
    try {
      return await removeOnce(context, left);
    } catch (error) {
      // Nobody knows what of it was done: what is there now tells.
      if (!(error instanceof NoReplyError) || n >= removeTries) throw error;
      left = await findRule(context, rule.environment, rule.run);
    }
  }
};

const removeOnce = async (context: Clouds, rule: AccessRule): Promise<void> => {
  const { ungated, clock } = context;
  const off: CloudChange[] = [
    ...rule.selectors.map((selector) => ({ op: 'remove-firewall-selector', selector }) as const),
    ...rule.serverIds.map((server) => ({ op: 'remove-firewall', server: Number(server) }) as const),
  ];
  for (const change of off) {
    const effect = { port: 'cloud', op: 'change', kind: 'firewall', id: rule.id, change } as const;
    const accepted = await unless(gone, ungated.perform(effect, noReference));
    if (accepted !== undefined) await settled(context, rule.name, accepted.actionIds);
  }
  for (let n = 1; ; n += 1) {
    try {
      await ungated.perform(
        { port: 'cloud', op: 'delete', kind: 'firewall', id: rule.id, name: rule.name },
        noReference,
      );
      return;
    } catch (error) {
      const busy = error instanceof CloudError && busyCodes.has(error.code);
      if (!busy || n >= deleteTries) throw error;
      await clock.sleep(deleteWaitMs);
    }
  }
};

const busyCodes: ReadonlySet<string> = new Set(['resource_in_use', 'conflict', 'locked']);
const gone: ReadonlySet<string> = new Set(['not_found', 'firewall_resource_not_found']);

const unless = async <T>(codes: ReadonlySet<string>, asked: Promise<T>): Promise<T | undefined> => {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof CloudError && codes.has(error.code)) return undefined;
    throw error;
  }
};
