import { readFileSync, readlinkSync } from 'node:fs';

/** True unless the kernel says that there is no such process; one of another user (EPERM) lives. */
export const processIsAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
};

let known: { readonly value: string | undefined } | undefined;

/**
 * This boot and pid namespace (Linux). Containers may share a host name, and a pid means nothing across a reboot;
 * undefined where the kernel does not tell, e.g. on macOS, whose host and pid then have to do.
 */
export const thisPidNamespace = (): string | undefined => {
  known ??= { value: readNamespace() };
  return known.value;
};

const readNamespace = (): string | undefined => {
  if (process.platform !== 'linux') return undefined;
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    // A sandbox without /proc: a name that no other process carries, so that nobody judges its pids.
    return `unknown ${process.pid} ${process.hrtime.bigint()}`;
  }
};
