import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type PackedFile, tarGzOf, zipOf } from './binaries-archive.ts';
import {
  archiveName,
  cacheDirectory,
  checksumOf,
  keep,
  type PackedNote,
  readNote,
  writeNote,
} from './binaries-cache.ts';
import { download, type FetchLike, type OfficialRelease, releaseName } from './binaries-download.ts';
import { type Architecture, type Env, type FoundProgram, findProgram, versionOf } from './binaries-find.ts';

/** What servers are to install, as infra.yaml says it, and where the vendor has it. */
export interface WantedProgram extends OfficialRelease {
  readonly artifact: 'nomad' | 'consul' | 'caddy' | 'tailscale';
}
/** What they get here: an archive in the cache, in the vendor's form. */
export interface ProvidedProgram {
  readonly artifact: WantedProgram['artifact'];
  /** Of the program itself: may differ from what was wanted. */
  readonly version: string;
  /** SHA-256 of a program packed here; the vendor's own of what was downloaded. */
  readonly checksum: string;
  /** Name of the archive in the cache directory. */
  readonly file: string;
}
export interface ProvideOptions {
  readonly env: Env;
  readonly architecture: Architecture;
  readonly fetch: FetchLike;
  readonly say: (text: string) => void;
}

/** Of this machine: its containers run natively. */
export const hostArchitecture = (): Architecture => (process.arch === 'arm64' ? 'arm64' : 'amd64');

/** Programs by artifact: only Tailscale has two. */
const programsOf = (artifact: WantedProgram['artifact']): readonly string[] =>
  artifact === 'tailscale' ? ['tailscale', 'tailscaled'] : [artifact];

/**
 * One archive for each wanted program: of this machine's own (NOMAD_BIN and so on, else PATH), else the vendor's
 * release. Throws LocalWorldError that says what to set.
 */
export const providePrograms = (
  wanted: readonly WantedProgram[],
  options: ProvideOptions,
): Promise<ProvidedProgram[]> => Promise.all(wanted.map((one) => provide(one, options)));

const provide = async (wanted: WantedProgram, options: ProvideOptions): Promise<ProvidedProgram> => {
  const { env, architecture, fetch, say } = options;
  const { artifact } = wanted;
  const directory = cacheDirectory(env);
  const names = programsOf(artifact);
  const found = await Promise.all(names.map((name) => findProgram(name, env, architecture)));
  const programs = found.filter((program) => program !== undefined);
  if (programs.length < names.length) {
    await download(wanted, directory, fetch, say);
    return { artifact, version: wanted.version, checksum: wanted.checksum ?? '', file: releaseName(wanted) };
  }
  const note = await packed(artifact, programs, directory);
  // A program built without a version is taken for what was asked for.
  const version = note.version ?? wanted.version;
  if (version !== wanted.version) say(`${titleOf(artifact)} ${version} stands in for ${wanted.version}`);
  return { artifact, version, checksum: note.checksum, file: archiveName(artifact, note.checksum) };
};

const titleOf = (artifact: string): string => artifact.charAt(0).toUpperCase() + artifact.slice(1);

const packed = async (
  artifact: WantedProgram['artifact'],
  programs: readonly FoundProgram[],
  directory: string,
): Promise<PackedNote> => {
  const stamp = programs.map((program) => program.stamp).join('\n');
  const known = await readNote(directory, artifact, stamp);
  if (known !== undefined) return known;
  const version = await versionOf(programs[0]?.path ?? '');
  const contents = await Promise.all(programs.map(({ path }) => readFile(path)));
  const archive = packAs(artifact, programsOf(artifact), contents, version);
  const note = { stamp, version, checksum: checksumOf(archive) };
  await keep(directory, archiveName(artifact, note.checksum), archive);
  await writeNote(directory, artifact, note);
  return note;
};

/** HashiCorp: a zip with the program; Caddy: a tar.gz with it; Tailscale: a tgz with both in a folder. */
const packAs = (
  artifact: WantedProgram['artifact'],
  names: readonly string[],
  contents: readonly Buffer[],
  version: string | null,
): Buffer => {
  const folder = artifact === 'tailscale' ? `tailscale_${version ?? '0'}_${hostArchitecture()}/` : '';
  const files: PackedFile[] = contents.map((content, index) => ({
    path: `${folder}${basename(names[index] ?? '')}`,
    content,
    mode: 0o755,
  }));
  return artifact === 'nomad' || artifact === 'consul' ? zipOf(files) : tarGzOf(files);
};

/** Which of the programs are neither on this machine nor in the cache, so that they would have to be downloaded. */
export const programsToDownload = async (env: Env, architecture: Architecture): Promise<string[]> => {
  const names = ['nomad', 'consul', 'caddy'];
  const cached = await readdir(cacheDirectory(env)).catch(() => []);
  const there = await Promise.all(
    names.map(
      async (name) =>
        cached.some((file) => file.startsWith(`${name}-release-`)) ||
        (await findProgram(name, env, architecture)) !== undefined,
    ),
  );
  return names.filter((_name, index) => !there[index]);
};
