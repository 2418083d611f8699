import { type DnsRecord, type RecordType, recordTypes } from '../../hetzner/wire/zones.ts';
import { invalidInput } from '../errors.ts';

/*
 * RFC 1035 zone files as far as docs.hetzner.cloud (zones, zone file import) describes them: $ORIGIN, $TTL, class IN,
 * SOA in parentheses over several lines, quoted text; comments are dropped. Names may be relative or absolute.
 */
export interface ParsedRrset {
  readonly name: string;
  readonly type: RecordType;
  readonly ttl: number | null;
  readonly records: DnsRecord[];
}
export interface ParsedZonefile {
  readonly ttl: number | null;
  readonly rrsets: readonly ParsedRrset[];
}

const refuse = (line: string, because: string): Error =>
  invalidInput({ zonefile: [`${because}: ${line.trim().slice(0, 120)}`] });

/** Cuts a comment that is not inside quotes. */
const withoutComment = (line: string): string => {
  let quoted = false;
  for (const [index, character] of [...line].entries()) {
    if (character === '"' && line[index - 1] !== '\\') quoted = !quoted;
    if (character === ';' && !quoted) return line.slice(0, index);
  }
  return line;
};

/** Logical lines: parentheses join several. */
const logicalLines = (text: string): string[] => {
  const lines: string[] = [];
  let open = '';
  for (const raw of text.split(/\r?\n/)) {
    const line = withoutComment(raw);
    const joined = open === '' ? line : `${open} ${line.trim()}`;
    const depth = (joined.match(/\(/g) ?? []).length - (joined.match(/\)/g) ?? []).length;
    open = depth > 0 ? joined : '';
    if (depth <= 0 && joined.trim() !== '') lines.push(joined.replaceAll(/[()]/g, ' '));
  }
  if (open !== '') throw refuse(open, 'a parenthesis is not closed');
  return lines;
};

const isType = (text: string): text is RecordType => (recordTypes as readonly string[]).includes(text);

/** Relative to the zone, `@` for its apex; undefined when outside of it. */
const relativeName = (name: string, zone: string): string | undefined => {
  const lower = name.toLowerCase();
  if (lower === '@' || lower === `${zone}.`) return '@';
  if (!lower.endsWith('.')) return lower;
  return lower.endsWith(`.${zone}.`) ? lower.slice(0, -(zone.length + 2)) : undefined;
};

interface Line {
  readonly name: string;
  readonly ttl: number | null;
  readonly type: RecordType;
  readonly value: string;
}
const recordLine = (line: string, zone: string, previous: string | undefined): Line => {
  const words = line.trim().split(/\s+/);
  const owner = /^\s/.test(line) ? previous : words.shift();
  if (owner === undefined) throw refuse(line, 'the first record has no name');
  let ttl: number | null = null;
  while (words[0] !== undefined && (/^\d+$/.test(words[0]) || words[0].toUpperCase() === 'IN')) {
    const word = words.shift() ?? '';
    if (/^\d+$/.test(word)) ttl = Number(word);
  }
  const type = (words.shift() ?? '').toUpperCase();
  if (!isType(type)) throw refuse(line, 'not a record type');
  const name = relativeName(owner, zone);
  if (name === undefined) throw refuse(line, `outside of the zone ${zone}`);
  const value = words.join(' ');
  if (value === '') throw refuse(line, 'the record has no value');
  return { name, ttl, type, value };
};

export const parseZonefile = (text: string, zone: string): ParsedZonefile => {
  const rrsets = new Map<string, ParsedRrset>();
  let zoneTtl: number | null = null;
  let previous: string | undefined;
  for (const line of logicalLines(text)) {
    const [word = '', argument = ''] = line.trim().split(/\s+/);
    if (word === '$ORIGIN') {
      if (argument.toLowerCase() !== `${zone}.`) throw refuse(line, `$ORIGIN must be ${zone}.`);
    } else if (word === '$TTL') {
      if (!/^\d+$/.test(argument)) throw refuse(line, '$TTL must be seconds');
      zoneTtl = Number(argument);
    } else if (word.startsWith('$')) throw refuse(line, 'unknown directive');
    else {
      const record = recordLine(line, zone, previous);
      previous = record.name === '@' ? '@' : record.name;
      const key = `${record.name}/${record.type}`;
      const rrset = rrsets.get(key) ?? { name: record.name, type: record.type, ttl: record.ttl, records: [] };
      rrset.records.push({ value: record.value, comment: '' });
      rrsets.set(key, rrset);
    }
  }
  return { ttl: zoneTtl, rrsets: [...rrsets.values()] };
};

/** The zone as text, SOA and NS first. */
export const printZonefile = (
  zone: { readonly name: string; readonly ttl: number },
  rrsets: readonly {
    readonly name: string;
    readonly type: string;
    readonly ttl: number | null;
    readonly records: readonly DnsRecord[];
  }[],
): string => {
  const rank = (type: string): number => (type === 'SOA' ? 0 : type === 'NS' ? 1 : 2);
  const lines = rrsets
    .toSorted((a, b) => rank(a.type) - rank(b.type))
    .flatMap((rrset) =>
      rrset.records.map(({ value, comment }) => {
        const note = comment === undefined || comment === '' ? '' : ` ; ${comment}`;
        return `${[rrset.name, ...(rrset.ttl === null ? [] : [rrset.ttl]), 'IN', rrset.type, value].join('\t')}${note}`;
      }),
    );
  return `$ORIGIN\t${zone.name}.\n$TTL\t${zone.ttl}\n\n${lines.join('\n')}\n`;
};
