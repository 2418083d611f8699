import type { Images, PreviewPolicy, PreviewRecord } from '../../../src/domain/preview.ts';
import type { Deployed, PreviewWorld, Removed } from '../../../src/ports/previews.ts';
import type { Around } from './host.ts';

export const policyOf = (given: Partial<PreviewPolicy> = {}): PreviewPolicy => ({
  max: 15,
  ttlMs: 3 * 24 * 3_600_000,
  atCap: 'wait',
  mode: 'server',
  images: 'configured',
  ...given,
});

export interface Made {
  images: Images | null;
  readonly createdAt: string;
  times: number;
}

/** The cloud and the shared state in memory: leases, places, records, and what exists. */
export interface ModelWorld {
  readonly made: Map<string, Made>;
  readonly places: Map<string, string>;
  readonly records: Map<string, PreviewRecord>;
  /** Who is at an environment; frees itself when it ends, or when its process is dead. */
  readonly leases: Map<string, () => boolean>;
  policy: PreviewPolicy;
  cloudIncomplete: boolean;
  centsOfOne: number;
  readonly calls: string[];
  readonly now: () => number;
  /** Decides before an effect whether it fails: the message. */
  fails: (what: 'deploy' | 'destroy', environment: string) => string | null;
  /** Told right when something comes to be, changes or goes. */
  changed: (what: 'made' | 'destroyed' | 'stopped', environment: string, images: Images | null) => void;
  /** Told when `stillWanted` is about to be asked. */
  asking: (environment: string) => void;
  /** Told who begins and ends at an environment. */
  inside: (environment: string, enters: boolean, alive: () => boolean) => void;
  /** Lets nobody in while another is there. */
  leasing: boolean;
  /** Refuses when all places are taken. */
  capped: boolean;
  asksWhetherWanted: boolean;
  port(options?: PortOptions): PreviewWorld;
}
export interface PortOptions {
  readonly around?: Around;
  /** Of making a server: it takes minutes. */
  readonly making?: () => Promise<void>;
  /** Whether the lease of this process is still good. */
  readonly alive?: () => boolean;
  readonly policy?: PreviewPolicy;
}

export const createModelWorld = (now: () => number, policy: PreviewPolicy = policyOf()): ModelWorld => {
  const model: ModelWorld = {
    made: new Map(),
    places: new Map(),
    records: new Map(),
    leases: new Map(),
    policy,
    cloudIncomplete: false,
    centsOfOne: 500,
    calls: [],
    now,
    fails: () => null,
    changed: () => {},
    asking: () => {},
    inside: () => {},
    leasing: true,
    capped: true,
    asksWhetherWanted: true,
    port: (options = {}) => portOf(model, options),
  };
  return model;
};

const name = (pullRequest: number): string => `pr-${pullRequest}`;
export const urlOf = (pullRequest: number): string => `http://pr-${pullRequest}.example.com`;

const portOf = (model: ModelWorld, options: PortOptions): PreviewWorld => {
  const around: Around = options.around ?? (async (_call, effect) => effect());
  const alive = options.alive ?? (() => true);
  const iso = (): string => new Date(model.now()).toISOString();

  const underLease = async <T>(
    environment: string,
    work: () => Promise<T>,
  ): Promise<T | { result: 'held'; message: string }> => {
    const taken = await around(`lease ${environment}`, () => {
      if (model.leasing && model.leases.get(environment)?.() === true) return false;
      model.leases.set(environment, alive);
      model.inside(environment, true, alive);
      return true;
    });
    if (!taken) return { result: 'held', message: `another run is at ${environment}` };
    try {
      return await work();
    } finally {
      if (alive()) model.leases.delete(environment);
      model.inside(environment, false, alive);
    }
  };

  const remove = (environment: string, what: 'destroyed' | 'stopped'): Promise<Removed> =>
    underLease<Removed>(environment, async () => {
      const failing = await around(`plan ${what} ${environment}`, () => model.fails('destroy', environment));
      if (failing !== null) return { result: 'failed', message: failing };
      if (model.cloudIncomplete) return { result: 'blocked', message: 'a list did not come whole' };
      const had = await around(`delete ${environment}`, () => {
        const there = model.made.delete(environment);
        if (there) model.changed(what, environment, null);
        return there;
      });
      await around(`free ${environment}`, () => model.places.delete(environment));
      return { result: had ? 'destroyed' : 'absent' };
    });

  const deploy: PreviewWorld['deploy'] = ({ pullRequest, images, redeploy, stillWanted }) => {
    const environment = name(pullRequest);
    return underLease<Deployed>(environment, async () => {
      const holders = await around(`place ${environment}`, () => {
        if (model.places.has(environment)) return null;
        const taken = [...model.places.keys()];
        if (model.capped && taken.length >= model.policy.max) return taken;
        model.places.set(environment, iso());
        return null;
      });
      if (holders !== null) return { result: 'blocked', message: `all ${model.policy.max} places are taken`, holders };
      model.asking(environment);
      const because = model.asksWhetherWanted ? await stillWanted() : null;
      if (because !== null) {
        if (!model.made.has(environment)) await around(`free ${environment}`, () => model.places.delete(environment));
        return { result: 'withdrawn', because };
      }
      const failing = await around(`create ${environment}`, () => {
        const before = model.made.get(environment);
        model.made.set(environment, { images, createdAt: before?.createdAt ?? iso(), times: (before?.times ?? 0) + 1 });
        model.changed('made', environment, images);
        return model.fails('deploy', environment);
      });
      await options.making?.();
      if (failing !== null) return { result: 'failed', message: failing };
      return {
        result: 'deployed',
        url: urlOf(pullRequest),
        images: images ?? { web: `configured${redeploy ? '' : ''}` },
      };
    });
  };

  const call = <T>(text: string, effect: () => T): Promise<T> => {
    model.calls.push(text);
    return around(text, effect);
  };

  return {
    policy: options.policy ?? model.policy,
    existing: () =>
      call('existing', () => {
        const previews = [...model.made].map(([environment, { createdAt }]) => ({
          environment,
          pullRequest: Number(environment.slice(3)),
          createdAt,
          monthlyCents: model.centsOfOne,
        }));
        return model.cloudIncomplete
          ? { complete: false, previews: previews.slice(0, Math.floor(previews.length / 2)) }
          : { complete: true, previews };
      }),
    places: () =>
      call('places', () =>
        [...model.places]
          .map(([environment, at]) => ({ environment, at }))
          .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)),
      ),
    records: () => call('records', () => Object.fromEntries(model.records)),
    record: (environment, change) =>
      call(`record ${environment}`, () => {
        const next = change(model.records.get(environment));
        if (next === undefined) model.records.delete(environment);
        else model.records.set(environment, next);
        return next;
      }),
    deploy: (wanted) => {
      model.calls.push(`deploy ${wanted.pullRequest}${wanted.redeploy ? ' again' : ''}`);
      return deploy(wanted);
    },
    stop: (pullRequest) => {
      model.calls.push(`stop ${pullRequest}`);
      if (model.policy.mode === 'server') return remove(name(pullRequest), 'stopped');
      return underLease<Removed>(name(pullRequest), async () =>
        around(`stop ${pullRequest}`, () => {
          model.changed('stopped', name(pullRequest), null);
          return { result: 'destroyed' };
        }),
      );
    },
    destroy: (pullRequest) => {
      model.calls.push(`destroy ${pullRequest}`);
      return remove(name(pullRequest), 'destroyed');
    },
    status: (pullRequest) => call('status', () => [`jobs of pr-${pullRequest}: ok`]),
    logs: (_pullRequest, job) => call('logs', () => [{ job: job ?? 'web', text: 'listening' }]),
    monthlyCentsOfOne: () => call('cents', () => model.centsOfOne),
    urlOf,
    tidy: () => call('tidy', () => []),
  };
};
