import type { TimedPart } from '../ports/machines.ts';

/** Shorter parts are no saving. */
const worthMs = 100;

/** Where the boot's time went: cloud-init's modules, then the bootstrap's stages, in their order. */
export const bootTimings = (facts: { readonly timeline?: string; readonly modules?: string }): TimedPart[] =>
  [...moduleTimes(facts.modules ?? ''), ...stageTimes(facts.timeline ?? '')].filter(({ ms }) => ms >= worthMs);

/** A stage lasts until the next one begins; the last, `done`, takes none. */
const stageTimes = (timeline: string): TimedPart[] => {
  const begun = timeline.split('\n').flatMap((line) => {
    const match = /^(\d{10,}) (.+)$/.exec(line.trim());
    return match === null ? [] : [{ at: Number(match[1]), stage: match[2] ?? '' }];
  });
  return begun.slice(0, -1).map(({ at, stage }, index) => ({
    what: `bootstrap: ${stage}`,
    ms: (begun[index + 1]?.at ?? at) - at,
  }));
};

/**
 * `2026-11-24 06:00:01,250 - handlers.py[DEBUG]: start: modules-config/config-locale: running …` and the `finish:` line
 * of the same name; newer versions write `log_util.py`.
 */
const eventPattern = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d),(\d{3}) - .*?: (start|finish): [a-z-]+\/([a-z0-9_-]+): /;

const moduleTimes = (log: string): TimedPart[] => {
  const started = new Map<string, number>();
  const parts: TimedPart[] = [];
  for (const line of log.split('\n')) {
    const [, day, time, millis, kind, name = ''] = eventPattern.exec(line) ?? [];
    const at = Date.parse(`${day}T${time}.${millis}Z`);
    if (Number.isNaN(at)) continue;
    if (kind === 'start') started.set(name, at);
    else parts.push({ what: `cloud-init: ${name.replace(/^config-/, '')}`, ms: at - (started.get(name) ?? at) });
  }
  return parts;
};
