import type { Address } from './address.ts';
import { addressOf } from './address.ts';
import { addressToLabel, type Labels, labelNames } from './labels.ts';
import type { AnyObservedItem } from './observation.ts';

/*
 * A rule for a runner: a firewall of its own that lets one address in at port 22 for a while, beside the firewall that
 * infra.yaml describes (docs/decisions/0033-runner-access.md). Its labels say whose it is and until when it counts.
 */
export const accessLabels = { purpose: 'purpose', expires: 'expires', opener: 'opener' } as const;
export const accessPurpose = 'access';

/**
 * run: it counts while that run has the lease; look: for a command that only reads and takes none; person: `access open`.
 * The latter two count until they expire.
 */
export const accessOpeners = ['run', 'look', 'person'] as const;
export type AccessOpener = (typeof accessOpeners)[number];

export interface AccessRule {
  readonly id: string;
  readonly name: string;
  readonly environment: string;
  readonly run: string;
  readonly opener: AccessOpener;
  /** Milliseconds since the epoch. */
  readonly expiresMs: number;
  /** `203.0.113.7/32`; empty: somebody took the rule out of it. */
  readonly from: readonly string[];
  readonly selectors: readonly string[];
  readonly serverIds: readonly string[];
}

export const accessRuleName = (project: string, environment: string, run: string): string =>
  `${project}-${environment}-access-${run}`;
export const accessRuleAddress = (environment: string, run: string): Address =>
  addressOf('firewall', `${environment}-access-${run}`);

export const labelsOfAccess = (of: {
  readonly project: string;
  readonly environment: string;
  readonly run: string;
  readonly opener: AccessOpener;
  readonly expiresMs: number;
}): Labels => ({
  [labelNames.project]: of.project,
  [labelNames.environment]: of.environment,
  [labelNames.address]: addressToLabel(accessRuleAddress(of.environment, of.run)),
  [labelNames.run]: of.run,
  [accessLabels.purpose]: accessPurpose,
  [accessLabels.opener]: of.opener,
  [accessLabels.expires]: String(Math.ceil(of.expiresMs / 1000)),
});

export const isAccess = ({ kind, labels }: Pick<AnyObservedItem, 'kind' | 'labels'>): boolean =>
  kind === 'firewall' && labels[accessLabels.purpose] === accessPurpose;

/** Undefined: it is no rule for a runner of this project. Labels that say no moment have expired. */
export const accessRuleOf = (item: AnyObservedItem, project: string): AccessRule | undefined => {
  const { labels } = item;
  const environment = labels[labelNames.environment];
  if (item.kind !== 'firewall' || !isAccess(item) || labels[labelNames.project] !== project) return undefined;
  if (environment === undefined) return undefined;
  const expires = labels[accessLabels.expires] ?? '';
  return {
    id: item.id,
    name: item.name,
    environment,
    run: labels[labelNames.run] ?? '',
    opener: accessOpeners.find((one) => one === labels[accessLabels.opener]) ?? 'run',
    expiresMs: /^\d{1,12}$/.test(expires) ? Number(expires) * 1000 : 0,
    from: item.facts.rules.flatMap(({ ips }) => ips),
    selectors: item.facts.labelSelectors,
    serverIds: item.facts.serverIds,
  };
};

/** Of one environment: what stands before servers that are ordered later, too. */
export const environmentSelector = (project: string, environment: string): string =>
  `${labelNames.project}=${project},${labelNames.environment}=${environment}`;

/**
 * The items that plans speak of: no rule for a runner that still counts, and of expired ones those of this environment;
 * servers without the ids of either, so that a rule that comes and goes changes nothing else.
 */
export const withoutAccess = (
  items: readonly AnyObservedItem[],
  of: { readonly project: string; readonly environment: string; readonly nowMs: number },
): readonly AnyObservedItem[] => {
  const rules = new Map(
    items.flatMap((item) => {
      const rule = accessRuleOf(item, of.project);
      return rule === undefined ? [] : [[rule.id, rule] as const];
    }),
  );
  if (rules.size === 0) return items;
  return items.flatMap((item): AnyObservedItem[] => {
    if (item.kind === 'server') {
      const firewallIds = item.facts.firewallIds.filter((id) => !rules.has(id));
      return [{ ...item, facts: { ...item.facts, firewallIds } }];
    }
    const rule = item.kind === 'firewall' ? rules.get(item.id) : undefined;
    if (rule === undefined) return [item];
    return rule.environment === of.environment && rule.expiresMs <= of.nowMs ? [item] : [];
  });
};
