import type { RequestCount } from '../domain/observation.ts';
import { sha256Hex } from '../local/hash.ts';
import type { CodeHost } from '../ports/code-host.ts';
import type { LifeReport, PreviewLife, WakingEvent } from '../ports/preview-life.ts';
import type { PreviewOptions } from '../ports/session.ts';
import type { Report } from '../preview/context.ts';
import { parseEventFile } from '../preview/event-file.ts';
import { readEvent } from '../preview/events.ts';
import { createLifeCycle } from '../preview/life.ts';
import type { Wake } from '../preview/types.ts';
import { createWords } from '../preview/words.ts';
import type { Context } from './context.ts';
import { imaginedPreviews, silentHost } from './dry-previews.ts';
import { type Came, lookedAt, noting } from './life-report.ts';
import { sentence } from './preview-results.ts';
import { createPreviewWorld } from './preview-world.ts';

/** The life of previews above the code host and the cloud. */
export const openLife = (context: Context, options: PreviewOptions, host: CodeHost): PreviewLife => {
  const { clock, reporter, redacted, assets, env } = context;
  const real = createPreviewWorld(context, options);
  const words = createWords({ templates: assets.templates, hide: redacted });
  const site = (env['GITHUB_SERVER_URL'] ?? 'https://github.com').replace(/\/+$/, '');
  const repositoryUrl = `${site}/${host.repository}`;
  const lifeOf = (dry: boolean) => {
    const came: Came = new Map();
    const world = noting(dry ? imaginedPreviews(real) : real, came);
    const life = createLifeCycle({
      host: stoppable(dry ? silentHost(host) : host, options.signal),
      ...{ world, clock, words, repositoryUrl, reporter },
      hash: sha256Hex,
      runUrl: runUrlOf(env, site),
    });
    const told = async (report: Report, ignored: string | null = null): Promise<LifeReport> => {
      const records = report.looked.length === 0 ? {} : await world.records();
      const telling = { came, urlOf: world.urlOf, repositoryUrl };
      const own = new Set(report.looked.flatMap(({ problems }) => problems));
      const { requests: github, remaining: githubLeft } = host.usage();
      return {
        ignored,
        looked: report.looked.map((one) => lookedAt(one, { ...telling, record: records[one.environment] })),
        notes: ignored === null ? report.notes : [],
        problems: report.problems.filter((one) => !own.has(one)).map(sentence),
        requests: { github, githubLeft, hetzner: usedOf(context) },
      };
    };
    return { life, told };
  };
  return {
    async event(event) {
      const wake = wakeOf(event, host);
      const { life, told } = lifeOf(false);
      return told(await life.on(wake), wake.kind === 'ignored' ? wake.because : null);
    },
    async sweep({ dry }) {
      const { life, told } = lifeOf(dry);
      return told(await life.sweep());
    },
  };
};

/** A run that is told to stop begins nothing more, whatever is still on its list. */
const stoppable = (host: CodeHost, signal: AbortSignal): CodeHost =>
  new Proxy(host, {
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== 'function' || key === 'usage') return member;
      return async (...given: unknown[]): Promise<unknown> => {
        signal.throwIfAborted();
        return (member as (...args: unknown[]) => Promise<unknown>).apply(target, given);
      };
    },
  });

/** What only lets a runner in and out again has a client of its own. */
const usedOf = ({ cloud, ungated }: Context): RequestCount => {
  const [one, other] = [cloud.usage().requests, ungated.usage().requests];
  return { read: one.read + other.read, write: one.write + other.write };
};

const wakeOf = ({ name, file, text, images, sha }: WakingEvent, { repository }: CodeHost): Wake =>
  readEvent(name, parseEventFile(file, text), { repository, images, sha: sha ?? undefined });

/** Of the workflow that this runs in; null: by hand. */
const runUrlOf = (env: Context['env'], site: string): string | null => {
  const { GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: id = '' } = env;
  return repository === undefined || !/^\d{1,20}$/.test(id) ? null : `${site}/${repository}/actions/runs/${id}`;
};
