/** One entry of a tar archive, as its header tells it. */
export interface TarEntry {
  readonly path: string;
  readonly type: 'file' | 'folder' | 'symlink' | 'hardlink' | 'other';
  readonly size: number;
  /** Of a link. */
  readonly target: string;
  /** Where its content begins. */
  readonly offset: number;
}

/** Bytes at a position; fewer at the end. */
export type ReadAt = (offset: number, length: number) => Promise<Buffer>;

const block = 512;
/** Long names and times of other tars; more than that is no name. */
const extendedMax = 64 * 1024;

/**
 * The entries of an archive by its headers alone (POSIX.1-2001 pax, and GNU's long names). Throws Error on what is no
 * archive, or has more entries than `max`: an archive may come from a stranger.
 */
export const tarEntries = async (read: ReadAt, max: number): Promise<TarEntry[]> => {
  const entries: TarEntry[] = [];
  let extended: Readonly<Record<string, string>> = {};
  for (let offset = 0; ; ) {
    const header = await read(offset, block);
    if (header.length < block || header.every((byte) => byte === 0)) return entries;
    if (!checksumFits(header)) throw new Error(`no tar header at byte ${offset}`);
    const size = extended['size'] === undefined ? numberIn(header, 124, 12) : Number(extended['size']);
    if (!Number.isSafeInteger(size) || size < 0) throw new Error(`no size in the tar header at byte ${offset}`);
    const flag = String.fromCharCode(header[156] ?? 0);
    const next = offset + block + Math.ceil(size / block) * block;
    if ('xgLK'.includes(flag)) {
      if (size > extendedMax) throw new Error(`${size} bytes of names at byte ${offset}`);
      const content = await read(offset + block, size);
      if (flag === 'x') extended = { ...extended, ...paxIn(content) };
      if (flag === 'L') extended = { ...extended, path: textIn(content, 0, size) };
      if (flag === 'K') extended = { ...extended, linkpath: textIn(content, 0, size) };
    } else {
      if (entries.length >= max) throw new Error(`more than ${max} entries`);
      const prefix = textIn(header, 345, 155);
      const name = textIn(header, 0, 100);
      entries.push({
        path: extended['path'] ?? (prefix === '' ? name : `${prefix}/${name}`),
        type: types[flag] ?? 'other',
        size,
        target: extended['linkpath'] ?? textIn(header, 157, 100),
        offset: offset + block,
      });
      extended = {};
    }
    offset = next;
  }
};

const types: Readonly<Record<string, TarEntry['type']>> = {
  '0': 'file',
  '\0': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '5': 'folder',
};

const textIn = (bytes: Buffer, at: number, length: number): string =>
  bytes.toString('utf8', at, at + length).replace(/\0[\s\S]*$/, '');

/** Octal text, or GNU's base 256 for what is too large for it. */
const numberIn = (bytes: Buffer, at: number, length: number): number => {
  if ((bytes[at] ?? 0) & 0x80) return Number(BigInt(`0x${bytes.toString('hex', at + 1, at + length)}`));
  const text = textIn(bytes, at, length).trim();
  return text === '' ? 0 : /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
};

const checksumFits = (header: Buffer): boolean => {
  const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  return numberIn(header, 148, 8) === sum;
};

/** `27 path=some/long/name\n` */
const paxIn = (content: Buffer): Record<string, string> => {
  const found: Record<string, string> = {};
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(32, at);
    const length = Number(content.toString('latin1', at, space));
    if (space < 0 || !Number.isInteger(length) || length <= 0) throw new Error('no pax record');
    const [key = '', value = ''] = content.toString('utf8', space + 1, at + length - 1).split(/=(.*)/s);
    found[key] = value;
    at += length;
  }
  return found;
};

/** A header of ustar for a file of ours, whose short name is plain ASCII. */
export const tarHeader = (name: string, size: number): Buffer => {
  const head = Buffer.alloc(block);
  head.write(name, 0, 'latin1');
  head.write('0000644\x000000000\x000000000\0', 100, 'latin1');
  head.write(`${size.toString(8).padStart(11, '0')}\x0000000000000\0        0`, 124, 'latin1');
  head.write('ustar\x0000', 257, 'latin1');
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return head;
};
export const tarPadding = (size: number): Buffer => Buffer.alloc((block - (size % block)) % block);
export const tarEnd: Buffer = Buffer.alloc(2 * block);
