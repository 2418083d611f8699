import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import {
  type Archive,
  type CheckedImage,
  type CheckedLayer,
  contentOf,
  defaultLimits,
  fileAt,
  plainPieces,
  readerOf,
} from './check-archive.ts';
import { tarEnd, tarEntries, tarHeader, tarPadding } from './tar.ts';

/**
 * Writes an archive anew that holds the images that were looked at, and nothing else. Programs read one archive in more
 * than one way (an index.json beside the manifest.json, a header that one calls by another name), so what they are given
 * is never the stranger's.
 */
export const writeChecked = async (path: string, images: readonly CheckedImage[], target: string): Promise<void> => {
  const from = await open(path, 'r');
  const to = await open(target, 'wx', 0o600);
  try {
    const read = readerOf(from);
    const archive: Archive = { read, entries: await tarEntries(read, defaultLimits.entries), limits: defaultLimits };
    const put = async (name: string, content: Buffer): Promise<void> => {
      await to.appendFile(Buffer.concat([tarHeader(name, content.length), content, tarPadding(content.length)]));
    };
    const manifest = images.map(({ archived, layers }, nth) => ({
      Config: `${nth}.json`,
      RepoTags: [archived],
      Layers: layers.map(nameOfLayer),
    }));
    await put('manifest.json', Buffer.from(JSON.stringify(manifest)));
    for (const [nth, { config }] of images.entries())
      await put(`${nth}.json`, await contentOf(archive, config, 1_000_000));
    const layers = new Map(images.flatMap((image) => image.layers.map((layer) => [layer.digest, layer])));
    for (const layer of layers.values()) {
      await to.appendFile(tarHeader(nameOfLayer(layer), layer.bytes));
      const hash = createHash('sha256');
      for await (const chunk of plainPieces(archive, fileAt(archive, layer.path))) {
        hash.update(chunk);
        await to.appendFile(chunk);
      }
      if (`sha256:${hash.digest('hex')}` !== layer.digest) throw new Error(`${layer.path} changed while it was read`);
      await to.appendFile(tarPadding(layer.bytes));
    }
    await to.appendFile(tarEnd);
  } finally {
    await Promise.all([from.close(), to.close()]);
  }
};

const nameOfLayer = ({ digest }: CheckedLayer): string => `${digest.replace('sha256:', '')}.tar`;
