import { Failure } from '../domain/errors.ts';

/** GitHub caps payloads at 25 MB (docs.github.com, webhook events and payloads). */
export const eventBytesMax = 25 * 1024 * 1024;

const next = 'set GITHUB_EVENT_PATH to the file of an event, as GitHub does';

/** The event in a file's text; throws Failure naming the file. `readEvent` judges what is in it. */
export const parseEventFile = (file: string, text: string): unknown => {
  if (text.length > eventBytesMax)
    throw new Failure(`${file} is larger than any event: ${text.length} characters, at most ${eventBytesMax}`, {
      next,
    });
  if (text.trim() === '') throw new Failure(`${file} is empty, and should hold an event as JSON`, { next });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Failure(`${file} should hold an event as JSON, and is not JSON`, { next, cause });
  }
};
