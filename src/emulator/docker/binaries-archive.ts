import { crc32, gzipSync } from 'node:zlib';
import { archiveOf } from './archive.ts';

/*
 * Archives as the vendors pack them, made for speed: a zip whose one entry is stored, a tar.gz at the lowest level. The
 * same content makes the same bytes, so that a checksum once told stays true.
 */
export interface PackedFile {
  readonly path: string;
  readonly content: Buffer;
  readonly mode: number;
}

/** 1980-01-01, the earliest that a zip can say. */
const zipDate = 0x0021;

/** Stored entries (APPNOTE.TXT 4.3): local headers with content, central directory, end. Throws from 4 GiB on. */
export const zipOf = (files: readonly PackedFile[]): Buffer => {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { path, content, mode } of files) {
    const name = Buffer.from(path, 'utf8');
    const common = zipFields(name, content);
    const local = Buffer.concat([uint32(0x04034b50), uint16(20), common, uint16(0), name]);
    directory.push(
      Buffer.concat([
        uint32(0x02014b50),
        // Made on Unix, so that the upper half of the attributes is the mode.
        uint16(0x0314),
        uint16(20),
        common,
        uint16(0),
        uint16(0),
        uint16(0),
        uint16(0),
        uint32(((0o100000 | mode) << 16) >>> 0),
        uint32(offset),
        name,
      ]),
    );
    parts.push(local, content);
    offset += local.length + content.length;
  }
  const central = Buffer.concat(directory);
  const count = uint16(files.length);
  const end = [uint32(0x06054b50), uint16(0), uint16(0), count, count, uint32(central.length), uint32(offset)];
  return Buffer.concat([...parts, central, ...end, uint16(0)]);
};

/** Flags, method "stored", time, date, CRC-32, both sizes, length of the name. */
const zipFields = (name: Buffer, content: Buffer): Buffer =>
  Buffer.concat([
    uint16(0x0800),
    uint16(0),
    uint16(0),
    uint16(zipDate),
    uint32(crc32(content)),
    uint32(content.length),
    uint32(content.length),
    uint16(name.length),
  ]);

/** Without a time, so that the same content makes the same bytes. */
export const tarGzOf = (files: readonly PackedFile[]): Buffer => gzipSync(archiveOf(files, 0), { level: 1 });

const uint16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
};
const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
