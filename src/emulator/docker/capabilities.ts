import { readFile } from 'node:fs/promises';
import { tailOf } from './engine.ts';
import { type Missing, missing } from './probe.ts';
import type { Engine } from './types.ts';

/** Capabilities by their bit, as in linux/capability.h. */
const capabilityNames =
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'.split(
    ' ',
  );
/** Without these systemd, networks or an inner engine can't work. */
const indispensable = ['SYS_ADMIN', 'NET_ADMIN', 'SETUID', 'SETGID', 'CHOWN', 'SYS_CHROOT', 'MKNOD'];

/** Names that are absent from a mask like `CapBnd: 000001fffeffffff` of /proc/self/status. */
export const absentFrom = (status: string): string[] => {
  const mask = /^CapBnd:\s+([0-9a-f]+)$/m.exec(status)?.[1];
  if (mask === undefined) return [];
  const bits = BigInt(`0x${mask}`);
  return capabilityNames.filter((_, index) => (bits & (1n << BigInt(index))) === 0n);
};

/**
 * What the engine refuses of `--cap-add ALL`: nothing as a rule; else what this process lacks too, else found by trying
 * each. `image` is any image with /bin/true.
 */
export const refusedCapabilities = async (
  engine: Engine,
  image: string,
  status: () => Promise<string> = () => readFile('/proc/self/status', 'utf8'),
): Promise<readonly string[] | Missing> => {
  let last = '';
  const starts = async (...flags: string[]): Promise<boolean> => {
    const { code, stderr } = await engine.attempt(
      ['run', '--rm', '--network', 'none', '--security-opt', 'seccomp=unconfined', ...flags, image, '/bin/true'],
      { timeoutMs: 60_000 },
    );
    if (code !== 0) last = stderr;
    return code === 0;
  };
  const without = (names: readonly string[]): string[] => names.flatMap((name) => ['--cap-drop', name]);
  if (await starts('--cap-add', 'ALL')) return [];
  const suspected = absentFrom(await status().catch(() => ''));
  let refused: readonly string[] = suspected;
  if (suspected.length === 0 || !(await starts('--cap-add', 'ALL', ...without(suspected)))) {
    const alone: string[] = [];
    for (const name of capabilityNames) if (!(await starts('--cap-drop', 'ALL', '--cap-add', name))) alone.push(name);
    refused = alone;
    if (!(await starts('--cap-add', 'ALL', ...without(refused))))
      return missing(`the Docker engine starts no container for us: ${tailOf(last, 2)}`, 'Choose --local=simulated');
  }
  const lacking = refused.filter((name) => indispensable.includes(name));
  return lacking.length === 0
    ? refused
    : missing(`the Docker engine refuses ${lacking.join(', ')} to containers`, 'Choose --local=simulated');
};
