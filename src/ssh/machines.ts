import { Failure } from '../domain/errors.ts';
import type { MachineFiles, ReadFiles } from '../ports/entry.ts';
import type { BootStatus, DeliveredFile, Machines, MachineTarget } from '../ports/machines.ts';
import { bootScript, parseBootFacts } from './boot-script.ts';
import { bootVerdict } from './boot-status.ts';
import { type Connections, createConnections, type SshAccess } from './connections.ts';
import { contentOf, deliveryScript, judgeDelivery } from './delivery.ts';
import { UnreachableError } from './errors.ts';
import { filesRead, judgeFiles, placeScript, readScript, removeScript } from './files.ts';
import { command, run } from './run.ts';
import { createTunnel, type Tunnel } from './tunnel.ts';
import { fetchThroughTunnel } from './tunnel-fetch.ts';

/** How long each kind of question may take. */
const lookMs = 15_000;
const deliverMs = 60_000;

/** Machines reached by SSH as root, with the environment's own key and a pinned host key. */
export const createSshMachines = (access: SshAccess): Machines & MachineFiles => {
  const connections = createConnections(access);
  const tunnels = new Map<string, Tunnel>();
  const context: Context = { ...access, connections };
  const tunnelTo = (target: MachineTarget, ca: string | undefined): Tunnel => {
    const id = JSON.stringify([target.name, target.publicIp, ca ?? null]);
    const known = tunnels.get(id);
    if (known !== undefined) return known;
    const made = createTunnel({ connections, clock: access.clock, target, ca });
    tunnels.set(id, made);
    return made;
  };
  return {
    bootStatus: (target) => bootStatus(context, target),
    deliver: (target, files) => deliver(context, target, files),
    logTail: (target, unit, lines) => logTail(context, target, unit, lines),
    readFiles: (target, paths) => readFiles(context, target, paths),
    placeFile: (target, file) => placeFile(context, target, file),
    removeFile: (target, path) => removeFile(context, target, path),
    fetchThrough: (target, trust) => fetchThroughTunnel(target.name, () => tunnelTo(target, trust?.ca)),
    close: async () => {
      for (const tunnel of tunnels.values()) tunnel.close();
      tunnels.clear();
      await connections.close();
    },
  };
};

interface Context extends SshAccess {
  readonly connections: Connections;
}

const bootStatus = async ({ connections, clock }: Context, target: MachineTarget): Promise<BootStatus> => {
  try {
    const options = { clock, ms: lookMs, what: 'the look at its boot' };
    const look = await connections.use(target, (connection) => run(connection, bootScript, options));
    if (look.status !== 0) throw new UnreachableError(target.name, `its shell failed: ${look.stderr.slice(-200)}`);
    const verdict = bootVerdict(parseBootFacts(look.stdout));
    if (verdict.stage !== 'error') return verdict;
    const log = await connections.use(target, (connection) => command(connection, bootLogCommand, options));
    return { stage: 'error', detail: withLog(verdict.detail, log.stdout) };
  } catch (error) {
    if (error instanceof UnreachableError) return { stage: 'unreachable', because: error.because };
    throw error;
  }
};

const bootLogCommand = 'tail -n 30 /var/log/cloud-init-output.log';
const logLineLength = 300;

const shortened = (text: string): string =>
  text
    .split('\n')
    .map((line) => (line.length > logLineLength ? `${line.slice(0, logLineLength)}…` : line))
    .join('\n')
    .trim();

const withLog = (detail: string, log: string): string => {
  const tail = shortened(log);
  return tail === '' ? detail : `${detail}\nthe end of /var/log/cloud-init-output.log:\n${tail}`;
};

const deliver = async (
  { connections, clock }: Context,
  target: MachineTarget,
  files: readonly DeliveredFile[],
): Promise<void> => {
  const script = deliveryScript(files);
  const options = { clock, ms: deliverMs, what: `the delivery of ${files.length} files` };
  const ran = await reached(() => connections.use(target, (connection) => run(connection, script, options)));
  judgeDelivery(target.name, files, ran);
};

const readFiles = async (
  { connections, clock }: Context,
  target: MachineTarget,
  paths: readonly string[],
): Promise<ReadFiles> => {
  const options = { clock, ms: lookMs, what: 'reading files' };
  const ran = await reached(() => connections.use(target, (connection) => run(connection, readScript(paths), options)));
  return filesRead(paths, judgeFiles(target.name, options.what, ran));
};

const placeFile = async (
  { connections, clock }: Context,
  target: MachineTarget,
  file: DeliveredFile,
): Promise<void> => {
  const options = { clock, ms: lookMs, what: `writing ${file.path}` };
  const script = placeScript(file);
  const ran = await reached(() => connections.use(target, (connection) => run(connection, script, options)));
  judgeFiles(target.name, options.what, ran, [contentOf(file)]);
};

const removeFile = async ({ connections, clock }: Context, target: MachineTarget, path: string): Promise<void> => {
  const options = { clock, ms: lookMs, what: `removing ${path}` };
  const script = removeScript(path);
  const ran = await reached(() => connections.use(target, (connection) => run(connection, script, options)));
  judgeFiles(target.name, options.what, ran);
};

const logTail = async (
  { connections, clock }: Context,
  target: MachineTarget,
  unit: string,
  lines: number,
): Promise<string> => {
  if (!/^[A-Za-z0-9@:._-]+$/.test(unit)) throw new Failure(`no name of a systemd unit: ${JSON.stringify(unit)}`);
  const line = `journalctl -u ${unit} -n ${Math.trunc(lines)} --no-pager -o cat -q`;
  const options = { clock, ms: lookMs, what: `the log of ${unit}` };
  const ran = await reached(() => connections.use(target, (connection) => command(connection, line, options)));
  return shortened(ran.stdout);
};

/** What is asked by name must be answered: there is no next look that would. */
const reached = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    throw new Failure(error.message, {
      next: 'see whether the server runs (reconcile status <target>), then run the command again',
      cause: error,
    });
  }
};
