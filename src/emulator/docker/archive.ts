/** One file of an archive: path without a leading slash. */
export interface ArchiveFile {
  readonly path: string;
  readonly content: string | Buffer;
  readonly mode?: number;
}

const block = 512;
const padded = (content: Buffer): Buffer =>
  Buffer.concat([content, Buffer.alloc((block - (content.length % block)) % block)]);

/** A long path in the two fields that ustar has for it. */
const placed = (path: string): { readonly name: string; readonly prefix: string } => {
  if (Buffer.byteLength(path) <= 100) return { name: path, prefix: '' };
  const at = path.indexOf('/', path.length - 101);
  const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
  if (at < 0 || name === '' || Buffer.byteLength(name) > 100 || Buffer.byteLength(prefix) > 155)
    throw new Error(`${path} is too long for this archive`);
  return { name, prefix };
};

/** A header of POSIX 1003.1-1990 (ustar); everything belongs to root. */
const header = (path: string, size: number, mode: number, type: '0' | '5', mtime: number): Buffer => {
  const { name, prefix } = placed(path);
  const head = Buffer.alloc(block);
  const octal = (value: number, at: number, length: number): void => {
    head.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1');
  };
  head.write(name, 0);
  head.write(prefix, 345);
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(mtime, 136, 12);
  head.write('        ', 148, 'latin1');
  head.write(type, 156, 'latin1');
  head.write('ustar\x0000', 257, 'latin1');
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return head;
};

/** A tar archive for `docker cp -` or `tar -x`, with the folders that its files need. `now`: ms, the files' time. */
export const archiveOf = (files: readonly ArchiveFile[], now: number): Buffer => {
  const mtime = Math.floor(now / 1000);
  const folders = new Set<string>();
  for (const { path } of files) {
    const parts = path.split('/');
    for (let length = 1; length < parts.length; length += 1) folders.add(`${parts.slice(0, length).join('/')}/`);
  }
  const parts = [...folders].map((path) => header(path, 0, 0o755, '5', mtime));
  for (const { path, content, mode = 0o644 } of files) {
    const bytes = Buffer.from(content);
    parts.push(header(path, bytes.length, mode, '0', mtime), padded(bytes));
  }
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
};
