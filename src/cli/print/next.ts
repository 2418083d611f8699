/** A command of ours inside a "next" text, up to the end of its line, a bracket, comma or semicolon. */
const command =
  /\breconcile (?:production|staging|pr (?:\d+|<)|pool|plan|apply|rollback|check|destroy|event|sweep|list|status|outputs|state (?:show|history|rebuild|unlock|pull|push|init|migrate|keygen|reencrypt)|doctor|cost|secrets (?:set|list|unset)|access (?:open|close))\b[^\n(;,]*?(?=\s*(?:$|\n|\(|;|,))/g;

/**
 * Repeats `--local` and `--config` in the commands a message recommends: the planner that wrote it does not know where
 * it was asked, and the same words without `--local` would mean the real cloud.
 */
export const withPlace = (next: string, flags: readonly string[]): string => {
  if (flags.length === 0) return next;
  return next.replaceAll(command, (found) => {
    const missing = flags.filter((flag) => !found.includes(flag.split(' ')[0] ?? flag));
    return [found, ...missing].join(' ');
  });
};

/** The same for every text inside a report. */
export const withPlaces = <T>(value: T, flags: readonly string[]): T => placed(value, flags) as T;

const placed = (value: unknown, flags: readonly string[]): unknown => {
  if (typeof value === 'string') return withPlace(value, flags);
  if (Array.isArray(value)) return value.map((one) => placed(one, flags));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, placed(one, flags)]));
};
