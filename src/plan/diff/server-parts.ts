import type { ServerFacts } from '../../domain/observation.ts';
import type { CloudChange, Placement, Reason } from '../../domain/plan.ts';
import type { ServerSpec } from '../../domain/resource.ts';
import { because, reason } from '../describe.ts';
import { knownId, nameOfId, resolveId, type Sight } from '../sight.ts';

/* Parts of a server that change in place: with it off, or while it runs. */

export interface Parts {
  readonly reasons: readonly Reason[];
  readonly changes: readonly CloudChange[];
}

/** Both want the server off. The type comes last, because changing it starts the server (docs.hetzner.cloud). */
export const restartParts = (
  spec: ServerSpec,
  facts: ServerFacts,
  placement: Placement | undefined,
  sight: Sight,
): Parts => {
  const reasons: Reason[] = [];
  const changes: CloudChange[] = [];
  const wanted = spec.placementGroup === undefined ? null : (knownId(spec.placementGroup, sight) ?? undefined);
  if (wanted !== facts.placementGroupId) {
    const from = facts.placementGroupId === null ? 'none' : nameOfId('placement-group', facts.placementGroupId, sight);
    const to =
      wanted === null ? 'none' : wanted === undefined ? 'the new one' : nameOfId('placement-group', wanted, sight);
    reasons.push(reason('placementGroup', 'a server changes its placement group only while off', from, to));
    if (facts.placementGroupId !== null) changes.push({ op: 'remove-from-placement-group' });
    if (spec.placementGroup !== undefined)
      changes.push({ op: 'add-to-placement-group', group: resolveId(spec.placementGroup, sight) });
  }
  if (placement !== undefined && !spec.types.includes(facts.type)) {
    reasons.push(reason('type', `${facts.type} is not in the ladder of types`, facts.type, placement.type));
    changes.push({ op: 'change-type', type: placement.type, upgradeDisk: false });
  }
  return { reasons, changes };
};

export const diffServerNetwork = (spec: ServerSpec, facts: ServerFacts, sight: Sight): Parts => {
  const wanted = knownId(spec.network, sight);
  const right = facts.networks.find((network) => network.networkId === wanted && network.ip === spec.privateIp);
  const others = facts.networks.filter((network) => network !== right);
  const reasons = others.map((network) =>
    network.networkId === wanted
      ? reason('privateIp', because.differs, network.ip, spec.privateIp)
      : reason(
          'network',
          'it is in a network that infra.yaml does not name',
          nameOfId('network', network.networkId, sight),
        ),
  );
  const detach = (networks: ServerFacts['networks']): CloudChange[] =>
    networks.map((network) => ({ op: 'detach-network', network: Number(network.networkId) }));
  if (right !== undefined) return { reasons, changes: detach(others) };
  if (!others.some((network) => network.networkId === wanted))
    reasons.push(reason('network', 'it is not in its private network', undefined, spec.privateIp));
  // Only the same network under a wrong address has to be left before.
  const attach: CloudChange = { op: 'attach-network', network: resolveId(spec.network, sight), ip: spec.privateIp };
  return {
    reasons,
    changes: [
      ...detach(others.filter(({ networkId }) => networkId === wanted)),
      attach,
      ...detach(others.filter(({ networkId }) => networkId !== wanted)),
    ],
  };
};

export const diffBackups = (spec: ServerSpec, facts: ServerFacts): Parts =>
  spec.backups === facts.backups
    ? { reasons: [], changes: [] }
    : {
        reasons: [reason('backups', because.differs, facts.backups ? 'on' : 'off', spec.backups ? 'on' : 'off')],
        changes: [{ op: 'set-backups', enabled: spec.backups }],
      };
