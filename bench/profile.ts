import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** `zod`, `src/plan`, `node: module loading`, `(garbage collector)`: whose code was running. */
const ownerOf = (url: string, functionName: string): string => {
  const library = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (library !== undefined) return library;
  const folder = /\/(src\/[^/]+)/.exec(url)?.[1];
  if (folder !== undefined) return folder.endsWith('.ts') ? 'src/reconcile.ts' : folder;
  if (url.includes('amaro') || url.startsWith('wasm:')) return 'node: stripping types';
  if (/modules|bootstrap|internal\/(url|path)|node:path|node:fs/.test(url)) return 'node: start and module loading';
  if (url === '') return functionName === '(garbage collector)' ? functionName : 'node: start and module loading';
  return 'node: the rest';
};

/** What a process spends its time on, as printable lines: the profile behind a missed start-up target. */
export const profileLines = (
  args: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): string[] => {
  const directory = mkdtempSync(join(tmpdir(), 'reconcile-profile-'));
  try {
    spawnSync(
      process.execPath,
      ['--cpu-prof', `--cpu-prof-dir=${directory}`, '--cpu-prof-interval=250', ...args],
      options,
    );
    const [file] = readdirSync(directory);
    if (file === undefined) return ['no profile was written'];
    const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(join(directory, file), 'utf8')) as Profile;
    const owners = new Map(nodes.map(({ id, callFrame }) => [id, ownerOf(callFrame.url, callFrame.functionName)]));
    const totals = new Map<string, number>();
    for (const [index, sample] of samples.entries()) {
      const owner = owners.get(sample) ?? 'unknown';
      totals.set(owner, (totals.get(owner) ?? 0) + (timeDeltas[index] ?? 0));
    }
    const sum = [...totals.values()].reduce((total, time) => total + time, 0);
    return [...totals]
      .sort(([, a], [, b]) => b - a)
      .slice(0, 12)
      .map(([owner, time]) => `  ${`${((100 * time) / sum).toFixed(0)} %`.padStart(5)}  ${owner}`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};
