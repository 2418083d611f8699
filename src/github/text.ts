/** Longest comment, and longest body of an issue; more is refused with 422. */
export const bodyLimit = 65_536;
/** docs.github.com, Create a check run: output.summary. */
export const summaryLimit = 65_535;
export const titleLimit = 256;

/** Never half of a surrogate pair. */
const head = (text: string, length: number): string => {
  const cut = text.slice(0, Math.max(0, length));
  return /[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut;
};

/**
 * At most `limit` UTF-16 units, which is never more than GitHub counts, cut with a note that says so. A code block that
 * was cut is closed: the note would stand in it.
 */
export const fitted = (text: string, limit: number = bodyLimit): string => {
  if (text.length <= limit) return text;
  const note = `\n\n_Cut here: this was ${text.length} characters long, and GitHub takes ${limit}._`;
  const room = limit - note.length - '\n```'.length;
  const kept = head(text, room);
  const fences = kept.match(/^ {0,3}```/gm)?.length ?? 0;
  return `${kept}${fences % 2 === 1 ? '\n```' : ''}${note}`;
};

export const fittedTitle = (text: string, limit: number = titleLimit): string => {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length <= limit ? line : `${head(line, limit - 1)}…`;
};

/** Begins with the marker, whatever was cut. */
export const marked = (body: string, marker: string): string => {
  const whole = fitted(body);
  return whole.startsWith(marker) ? whole : fitted(`${marker}\n${body}`);
};

/** Somebody else's words, on one line of a message: no control characters, nothing that turns the writing direction. */
export const quoted = (text: string, limit = 300): string => {
  const line = text
    .replaceAll(/(?!\s)[\p{Cc}\p{Cf}]/gu, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return line.length <= limit ? line : `${head(line, limit)}…`;
};
