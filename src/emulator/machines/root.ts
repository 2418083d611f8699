import { z } from 'zod';
import { type Answer, json, plainText } from './replies.ts';
import { type MachineRow, stableUuid } from './rows.ts';
import type { Machine } from './settle.ts';
import type { MachinesState } from './state.ts';

/* What root sees and does on a machine, by POST /_emulator/machines/<name>/root: files, and who may log in. */
export const rootSchema = z.strictObject({
  read: z.array(z.string()).optional(),
  place: z.strictObject({ path: z.string().startsWith('/'), content: z.string() }).optional(),
  remove: z.string().optional(),
  admit: z.string().optional(),
});

/** Of a disk: files that were delivered or written, and keys put into authorized_keys since its first boot. */
export interface RootDisk {
  readonly diskId: number;
  readonly files: Readonly<Record<string, string>>;
  readonly admitted: readonly string[];
}

export const rootOf = (state: MachinesState, row: MachineRow): RootDisk => {
  const kept = state.roots[row.id];
  return kept?.diskId === row.diskId ? kept : { diskId: row.diskId, files: {}, admitted: [] };
};

export const writeFiles = (state: MachinesState, row: MachineRow, files: Readonly<Record<string, string>>): void => {
  const before = rootOf(state, row);
  state.roots[row.id] = { ...before, files: { ...before.files, ...files } };
};

const wordOf = (line: string): string => line.trim().split(/\s+/)[1] ?? line;

/** Keys of Hetzner's list at its creation, and ours: that of its user data until another takes its place. */
export const lets = (state: MachinesState, row: MachineRow, sshKeys: readonly string[], key: string): boolean => {
  const { admitted } = rootOf(state, row);
  const word = wordOf(key);
  if ([...sshKeys, ...admitted].some((line) => wordOf(line) === word)) return true;
  return admitted.length === 0 && row.userData?.includes(word) === true;
};

const resetPaths: Readonly<Record<string, 'consulAcl' | 'nomadAcl'>> = {
  '/var/lib/consul/acl-bootstrap-reset': 'consulAcl',
  '/var/lib/nomad/server/acl-bootstrap-reset': 'nomadAcl',
};

/** An agent reads its reset file when it is asked for a bootstrap. */
const noteReset = (
  { row, cluster }: Machine,
  state: MachinesState,
  path: string,
  content: string | undefined,
): void => {
  const [system, acl] = [resetPaths[path], cluster === null ? undefined : state.clusters[cluster]];
  if (system === undefined || acl === undefined) return;
  if (content !== undefined) acl[system].reset = { machine: row.name, index: content.trim() };
  else if (acl[system].reset?.machine === row.name) delete acl[system].reset;
};

export const asRoot = (machine: Machine, state: MachinesState, body: unknown): Answer => {
  const parsed = rootSchema.safeParse(body);
  if (!parsed.success) return plainText(parsed.error.message, 422);
  const { row } = machine;
  const { read = [], place, remove, admit } = parsed.data;
  if (place !== undefined) {
    writeFiles(state, row, { [place.path]: place.content });
    noteReset(machine, state, place.path, place.content);
  }
  const before = rootOf(state, row);
  if (remove !== undefined) {
    const { [remove]: _gone, ...files } = before.files;
    state.roots[row.id] = { ...before, files };
    noteReset(machine, state, remove, undefined);
  }
  if (admit !== undefined) state.roots[row.id] = { ...before, admitted: [admit] };
  const { files } = rootOf(state, row);
  return json({
    hostKey: `ssh-ed25519 ${Buffer.from(stableUuid(`host key ${row.id} ${row.diskId}`)).toString('base64')}`,
    files: Object.fromEntries(read.flatMap((path) => (files[path] === undefined ? [] : [[path, files[path]]]))),
  });
};
