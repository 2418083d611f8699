import { UsageError } from '../domain/errors.ts';

const form = /^(?:(\d{1,4})h)?(?:(\d{1,4})m)?(?:(\d{1,5})s)?$/;
const longestMs = 24 * 3_600_000;

/** `90s`, `10m`, `1h30m` in milliseconds. Throws UsageError with examples. */
export const durationMs = (text: string, flag: string, next: string): number => {
  const match = form.exec(text.trim());
  const [hours = 0, minutes = 0, seconds = 0] = (match ?? []).slice(1).map((part) => Number(part ?? 0));
  const ms = ((hours * 60 + minutes) * 60 + seconds) * 1_000;
  const bare = /^\d+$/.test(text) ? `; did you mean ${text}s or ${text}m?` : '';
  if (match === null || text.trim() === '')
    throw new UsageError(`${flag} wants a duration like 60s, 10m or 1h30m, found: ${text || '(nothing)'}${bare}`, {
      next,
    });
  if (ms === 0 || ms > longestMs)
    throw new UsageError(
      `${flag} ${text} is ${ms === 0 ? 'no time at all' : 'longer than 24h'}: write 60s, 10m or 1h30m`,
      {
        next,
      },
    );
  return ms;
};
