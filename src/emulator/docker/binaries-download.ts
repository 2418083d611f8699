import { join } from 'node:path';
import { LocalWorldError } from '../world-file.ts';
import { archiveName, checksumOf, isThere, keep } from './binaries-cache.ts';
import { variableOf } from './binaries-find.ts';

export interface OfficialRelease {
  readonly artifact: string;
  readonly version: string;
  readonly url: string;
  /** As the vendor publishes it; undefined: none is known, so it is not downloaded. */
  readonly checksum: string | undefined;
}
export type FetchLike = (url: string, init: { readonly signal: AbortSignal }) => Promise<Response>;

const tries = 2;
const downloadMs = 180_000;

/** Name in the cache of a release with this checksum. */
export const releaseName = ({ artifact, checksum }: OfficialRelease): string =>
  archiveName(`${artifact}-release`, checksum ?? '');

/**
 * Fetches the vendor's archive into the cache, unless it is there. Throws LocalWorldError where nothing comes after
 * two tries, or where what comes is not what the vendor published; that is never kept.
 */
export const download = async (
  release: OfficialRelease,
  directory: string,
  fetch: FetchLike,
  say: (text: string) => void,
): Promise<void> => {
  const { artifact, version, url, checksum } = release;
  const instead = `Set ${variableOf(artifact)} to the program`;
  if (checksum === undefined)
    throw new LocalWorldError(
      `there is no ${artifact} here, and no checksum is known for ${artifact} ${version}`,
      `${instead}, or write artifacts.checksums.${artifact} in infra.yaml`,
    );
  if (await isThere(join(directory, releaseName(release)))) return;
  say(`downloading ${artifact} ${version}`);
  const content = await fetched(url, fetch).catch((error: unknown) => {
    const why = error instanceof Error ? reasonOf(error) : String(error);
    throw new LocalWorldError(`there is no ${artifact} here, and ${url} can't be had: ${why}`, instead, error);
  });
  const found = checksumOf(content, checksum.length === 128 ? 'sha512' : 'sha256');
  if (found !== checksum)
    throw new LocalWorldError(
      `${url} has a wrong checksum: ${found}, the vendor published ${checksum}`,
      `Whoever serves it serves something else: set ${variableOf(artifact)} to the program`,
    );
  await keep(directory, releaseName(release), content);
};

/** "fetch failed" says nothing; its cause does. */
const reasonOf = (error: Error): string =>
  error.cause instanceof Error ? error.cause.message || error.message : error.message;

const fetched = async (url: string, fetch: FetchLike): Promise<Buffer> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const reply = await fetch(url, { signal: AbortSignal.timeout(downloadMs) });
      if (!reply.ok) throw new Error(`HTTP status ${reply.status}`);
      return Buffer.from(await reply.arrayBuffer());
    } catch (error) {
      if (attempt >= tries) throw error;
    }
  }
};
