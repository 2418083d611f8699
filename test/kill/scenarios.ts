/** One way of changing production, and what it begins with. */
export interface Scenario {
  readonly name: ScenarioName;
  readonly what: string;
  readonly from: 'nothing' | 'production';
  readonly command: string;
  /** Looks again, and must find nothing to do. */
  readonly look: string;
  /** From the infra.yaml of the repository. */
  readonly config: (shipped: string) => string;
}
export const scenarioNames = ['create', 'update', 'rebuild', 'destroy'] as const;
export type ScenarioName = (typeof scenarioNames)[number];

const replaced = (text: string, was: string, is: string): string => {
  if (!text.includes(was))
    throw new Error(`infra.yaml has no "${was}" any more: the scenarios of the kill test need it`);
  return text.replace(was, is);
};

/** As shipped, without a password that nobody has set: for clouds other than that of `--local`. */
export const withoutAsking = (text: string): string =>
  replaced(text, 'name: DATABASE_URL, local: "postgres://app@localhost/app"', 'name: DATABASE_URL, generate: true');

const asShipped = (text: string): string => text;

const converge = { command: 'production --yes', look: 'plan production' } as const;

export const scenarios: readonly Scenario[] = [
  {
    ...converge,
    name: 'create',
    what: 'nothing → three servers, load balancer, cluster, jobs',
    from: 'nothing',
    config: asShipped,
  },
  {
    ...converge,
    name: 'update',
    what: 'labels, firewall, load balancer type, protection, a worker more, a job less',
    from: 'production',
    config: (text) =>
      replaced(
        replaced(
          text,
          'servers: { count: 3 }',
          `servers: { count: 3 }
    workers: { count: 1 }
    protected: true
    load_balancer: lb21
    labels: { team: platform }
    firewall:
      - { direction: in, protocol: tcp, port: "22", ips: [192.0.2.0/24], description: SSH }`,
        ).replace('protected: false\n    ingress', 'ingress'),
        'web: { count: 2 }',
        'web: { count: 3 }',
      ),
  },
  {
    ...converge,
    name: 'rebuild',
    what: 'another image: three servers rebuilt one after the other',
    from: 'production',
    config: (text) => replaced(text, 'image: debian-12', 'image: debian-13'),
  },
  {
    name: 'destroy',
    what: 'production → nothing',
    from: 'production',
    command: 'destroy production --yes',
    look: 'destroy production',
    config: asShipped,
  },
];
