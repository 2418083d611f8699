import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { posix } from 'node:path';
import { createGunzip } from 'node:zlib';
import { parseImage } from '../../src/domain/image-reference.ts';
import { faultsOfConfig, type ImageConfig } from './check-config.ts';
import { type ReadAt, type TarEntry, tarEntries } from './tar.ts';

/*
 * An archive of images (docker save) that a build without secrets uploaded: somebody's pull request made it, so nothing
 * in it is believed. What is pushed from it is looked at here first, by the code of the default branch.
 */
export interface Expected {
  /** Names without tags, each of which has to be there once: `docker.io/acme/shop-web`. */
  readonly names: readonly string[];
  readonly limits: Limits;
}
export interface Limits {
  /** Of the file. */
  readonly archiveBytes: number;
  /** Of one image, unpacked. */
  readonly imageBytes: number;
  readonly entries: number;
  /** In one layer. */
  readonly files: number;
}
export const defaultLimits: Limits = {
  archiveBytes: 600_000_000,
  imageBytes: 400_000_000,
  entries: 2_000,
  files: 50_000,
};

export interface CheckedImage {
  /** As the archive has it. */
  readonly archived: string;
  readonly name: string;
  readonly bytes: number;
  /** Path in the archive. */
  readonly config: string;
  readonly layers: readonly CheckedLayer[];
}
export interface CheckedLayer {
  /** In the archive, packed or not. */
  readonly path: string;
  /** Unpacked, and their digest. */
  readonly bytes: number;
  readonly digest: string;
}
/** `faults` is empty where everything is as it should be. */
export interface Checked {
  readonly images: readonly CheckedImage[];
  readonly faults: readonly string[];
}

export const checkArchive = async (path: string, { names, limits }: Expected): Promise<Checked> => {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size > limits.archiveBytes)
      return { images: [], faults: [`the archive has ${size} bytes, more than ${limits.archiveBytes}`] };
    const read = readerOf(file);
    const entries = await tarEntries(read, limits.entries);
    const paths = faultsOfPaths(entries);
    if (paths.length > 0) return { images: [], faults: paths };
    return await checkImages({ read, entries, limits }, names);
  } catch (error) {
    return { images: [], faults: [`it can't be read: ${error instanceof Error ? error.message : String(error)}`] };
  } finally {
    await file.close();
  }
};

export const readerOf =
  (file: FileHandle): ReadAt =>
  async (offset, length) => {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
    return buffer.subarray(0, bytesRead);
  };

export interface Archive {
  readonly read: ReadAt;
  readonly entries: readonly TarEntry[];
  readonly limits: Expected['limits'];
}

const leavesFolder = (path: string): boolean =>
  path.startsWith('/') || posix.normalize(path).split('/').includes('..') || path.includes('\\');

/** Of the outer archive: it holds nothing but files, folders and links from one layer to another. */
const faultsOfPaths = (entries: readonly TarEntry[]): string[] => {
  const faults: string[] = [];
  const seen = new Set<string>();
  for (const { path, type, target } of entries) {
    const shown = JSON.stringify(path.slice(0, 100));
    if (leavesFolder(path)) faults.push(`${shown} leads out of the archive`);
    else if (type === 'symlink' && (target.startsWith('/') || leavesFolder(posix.join(posix.dirname(path), target))))
      faults.push(`${shown} is a link that leads out of the archive`);
    else if (type === 'hardlink' || type === 'other') faults.push(`${shown} is neither a file, a folder nor a link`);
    if (type !== 'folder' && seen.has(path)) faults.push(`${shown} is there twice`);
    seen.add(path);
  }
  return faults.slice(0, 10);
};

const checkImages = async (archive: Archive, names: readonly string[]): Promise<Checked> => {
  const manifest = JSON.parse((await contentOf(archive, 'manifest.json', 1_000_000)).toString('utf8')) as unknown;
  if (!Array.isArray(manifest)) throw new Error('manifest.json is no list');
  const faults: string[] = [];
  const images: CheckedImage[] = [];
  for (const one of manifest.slice(0, 20) as { RepoTags?: unknown; Config?: unknown; Layers?: unknown }[]) {
    const [tag, ...more] = Array.isArray(one?.RepoTags) ? one.RepoTags.map(String) : [];
    const reference = tag === undefined ? undefined : parseImage(tag);
    const name = reference && names.find((wanted) => sameName(wanted, reference));
    if (tag === undefined || name === undefined || more.length > 0) {
      faults.push(
        `an image is called ${JSON.stringify([tag, ...more].join(', ').slice(0, 200))}, which is not expected`,
      );
      continue;
    }
    const layers = Array.isArray(one.Layers) ? one.Layers.map(String) : [];
    const config = String(one.Config);
    const { bytes, faults: own, checked } = await checkImage(archive, config, layers);
    faults.push(...own.map((fault) => `${name}: ${fault}`));
    images.push({ archived: tag, name, bytes, config, layers: checked });
  }
  for (const name of names) {
    const count = images.filter((image) => image.name === name).length;
    if (count !== 1) faults.push(count === 0 ? `${name} is missing` : `${name} is there ${count} times`);
  }
  return { images, faults };
};

const sameName = (wanted: string, { registry, repository }: { registry: string; repository: string }): boolean => {
  const parsed = parseImage(wanted);
  return parsed?.registry === registry && parsed.repository === repository;
};

const checkImage = async (archive: Archive, configPath: string, layers: readonly string[]) => {
  const text = await contentOf(archive, configPath, 1_000_000);
  const config = JSON.parse(text.toString('utf8')) as ImageConfig & {
    readonly rootfs?: { readonly diff_ids?: unknown };
  };
  const faults = faultsOfConfig(config);
  const ids = Array.isArray(config.rootfs?.diff_ids) ? config.rootfs.diff_ids.map(String) : [];
  if (layers.length === 0 || layers.length > 127 || ids.length !== layers.length)
    return { bytes: 0, faults: [...faults, `${layers.length} layers, ${ids.length} of them named`], checked: [] };
  const checked: CheckedLayer[] = [];
  let bytes = 0;
  for (const [nth, layer] of layers.entries()) {
    const looked = await checkLayer(archive, layer, archive.limits.imageBytes - bytes);
    bytes += looked.bytes;
    checked.push({ path: layer, bytes: looked.bytes, digest: looked.digest });
    faults.push(...looked.faults);
    if (looked.faults.length === 0 && looked.digest !== ids[nth])
      faults.push(`layer ${nth + 1} is not the one it is said to be`);
  }
  return { bytes, faults: faults.slice(0, 10), checked };
};

/** Unpacked in memory a piece at a time, and never more than the bound: a small file may hold a huge one. */
const checkLayer = async (archive: Archive, path: string, room: number) => {
  const entry = fileAt(archive, path);
  const hash = createHash('sha256');
  const parts: Buffer[] = [];
  let bytes = 0;
  const take = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes > room) throw new Error(`an image has more than ${archive.limits.imageBytes} bytes`);
    hash.update(chunk);
    parts.push(chunk);
  };
  for await (const chunk of plainPieces(archive, entry)) take(chunk);
  const whole = Buffer.concat(parts);
  const faults = faultsOfFiles(
    await tarEntries(async (offset, length) => whole.subarray(offset, offset + length), archive.limits.files),
  );
  return { bytes, digest: `sha256:${hash.digest('hex')}`, faults };
};

/** A layer unpacked, a piece at a time. */
export const plainPieces = async function* (archive: Archive, entry: TarEntry): AsyncGenerator<Buffer> {
  const head = await archive.read(entry.offset, 2);
  const isPacked = head[0] === 0x1f && head[1] === 0x8b;
  yield* isPacked ? unpacked(archive, entry) : piecesOf(archive, entry);
};

const unpacked = async function* (archive: Archive, entry: TarEntry): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  const feeding = (async () => {
    for await (const piece of piecesOf(archive, entry))
      if (!gunzip.write(piece)) await new Promise((resolve) => gunzip.once('drain', resolve));
    gunzip.end();
  })();
  feeding.catch((error: Error) => gunzip.destroy(error));
  try {
    for await (const chunk of gunzip) yield chunk as Buffer;
  } finally {
    gunzip.destroy();
  }
};

const piece = 1 << 20;
const piecesOf = async function* ({ read }: Archive, { offset, size }: TarEntry): AsyncGenerator<Buffer> {
  for (let at = 0; at < size; at += piece) yield await read(offset + at, Math.min(piece, size - at));
};

/** A device would be one of the host's; a path that leads out would be written elsewhere by a careless unpacker. */
const faultsOfFiles = (entries: readonly TarEntry[]): string[] =>
  entries
    .filter(({ path, type }) => leavesFolder(path.replace(/^\/+/, '')) || type === 'other')
    .slice(0, 5)
    .map(
      ({ path, type }) =>
        `a layer holds ${JSON.stringify(path.slice(0, 100))}, ${type === 'other' ? 'a device' : 'which leads out of it'}`,
    );

export const fileAt = ({ entries }: Archive, path: string): TarEntry => {
  let at = posix.normalize(path);
  for (let links = 0; links < 3; links += 1) {
    const entry = entries.find((one) => posix.normalize(one.path) === at);
    if (entry === undefined) throw new Error(`it holds no ${JSON.stringify(path.slice(0, 100))}`);
    if (entry.type === 'file') return entry;
    at = posix.join(posix.dirname(at), entry.target);
  }
  throw new Error(`${JSON.stringify(path.slice(0, 100))} is a link to a link`);
};

export const contentOf = async (archive: Archive, path: string, max: number): Promise<Buffer> => {
  const { offset, size } = fileAt(archive, path);
  if (size > max) throw new Error(`${JSON.stringify(path.slice(0, 100))} has ${size} bytes`);
  return archive.read(offset, size);
};
