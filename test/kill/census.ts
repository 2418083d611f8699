import type { Emulator } from '../../src/emulator/emulator.ts';
import { machinesState } from '../../src/emulator/machines/state.ts';

/** One object of the emulated world. */
export interface Found {
  /** `server aipacto-production-1`: the same in each run of a scenario. */
  readonly name: string;
  readonly id: string;
  /** Whose it is, by its labels; undefined: it carries none of ours. */
  readonly address: string | undefined;
}

interface Row {
  readonly id?: number | string;
  readonly name?: string;
  readonly type?: string;
  readonly zone?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly assignee_id?: number | null;
}

/** Everything that costs money or takes a name at Hetzner, found in the world itself: not as the product lists it. */
export const cloudCensus = ({ world }: Emulator): readonly Found[] => {
  const tables = {
    server: world.servers.all(),
    network: world.networks.all(),
    'ssh-key': world.sshKeys.all(),
    'placement-group': world.placementGroups.all(),
    firewall: world.firewalls.all(),
    'load-balancer': world.loadBalancers.all(),
    certificate: world.certificates.all(),
    zone: world.zones.all(),
    rrset: world.rrsets.all(),
    volume: world.volumes.all(),
    'primary-ip': world.primaryIps.all(),
    'floating-ip': world.floatingIps.all(),
    image: world.images.all(),
  };
  const owner = (id: number): string => world.servers.get(id)?.name ?? 'nobody';
  return Object.entries(tables).flatMap(([kind, rows]) =>
    (rows as readonly Row[]).map((row): Found => {
      const name =
        kind === 'primary-ip'
          ? `${row.type} of ${row.assignee_id == null ? 'nobody' : owner(row.assignee_id)}`
          : kind === 'rrset'
            ? `${row.name} ${row.type}`
            : `${row.name}`;
      const { address, environment } = row.labels ?? {};
      return {
        name: `${kind} ${name}`,
        id: `${row.id}`,
        address: address === undefined ? undefined : `${environment} ${address}`,
      };
    }),
  );
};

/** What lies inside the cluster: names only. Tokens that jobs log in for come and go with their allocations. */
export const clusterCensus = ({ world }: Emulator): readonly string[] =>
  Object.values(machinesState(world.state).clusters).flatMap(({ consulAcl, nomadAcl, jobs, variables }) => [
    ...consulAcl.policies.map(({ Name }) => `consul policy ${Name}`),
    ...consulAcl.roles.map(({ Name }) => `consul role ${Name}`),
    ...consulAcl.authMethods.map(({ Name }) => `consul auth method ${Name}`),
    ...consulAcl.bindingRules.map(({ AuthMethod, BindName }) => `consul binding rule ${AuthMethod} ${BindName}`),
    ...consulAcl.tokens
      .filter(({ Description }) => !Description.includes('login'))
      .map(({ Description }) => `consul token ${Description}`),
    ...nomadAcl.policies.map(({ Name }) => `nomad policy ${Name}`),
    ...nomadAcl.tokens.map(({ Name }) => `nomad token ${Name}`),
    ...jobs.map(({ id, stopped }) => `job ${id}${stopped ? ' (stopped)' : ''}`),
    ...variables.map(({ Path }) => `variable ${Path}`),
  ]);

/** What is in `there` and not in `expected`, each as often as it is too much. */
export const surplus = (there: readonly string[], expected: readonly string[]): string[] => {
  const left = [...expected];
  return there.filter((name) => {
    const at = left.indexOf(name);
    if (at === -1) return true;
    left.splice(at, 1);
    return false;
  });
};
