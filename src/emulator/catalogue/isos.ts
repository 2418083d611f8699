import type { Iso } from '../../hetzner/wire/isos.ts';
import { midnight } from './steps.ts';

type Row = readonly [number, string, string, 'x86' | 'arm' | null, string?];
/** A handful of the public ISOs; ids are this emulator's own. The last column is the day a deprecated one goes. */
const rows: readonly Row[] = [
  [9_001, 'debian-12.8.0-amd64-netinst.iso', 'Debian 12.8 (amd64, netinstall)', 'x86', '2026-06-30'],
  [9_002, 'debian-13.1.0-amd64-netinst.iso', 'Debian 13.1 (amd64, netinstall)', 'x86'],
  [9_003, 'debian-13.1.0-arm64-netinst.iso', 'Debian 13.1 (arm64, netinstall)', 'arm'],
  [9_004, 'ubuntu-24.04.3-live-server-amd64.iso', 'Ubuntu 24.04.3 (amd64, live server)', 'x86'],
  [9_005, 'ubuntu-24.04.3-live-server-arm64.iso', 'Ubuntu 24.04.3 (arm64, live server)', 'arm'],
  [9_006, 'systemrescue-12.01-amd64.iso', 'SystemRescue 12.01', 'x86'],
  [9_007, 'netboot.xyz-multiarch.iso', 'netboot.xyz (all architectures)', null],
];

export const isosOn = (day: string): readonly Iso[] =>
  rows
    .filter(([, , , , gone]) => gone === undefined || day < gone)
    .map(([id, name, description, architecture, gone]) => ({
      id,
      name,
      description,
      type: 'public',
      deprecation: gone === undefined ? null : { announced: midnight('2025-12-01'), unavailable_after: midnight(gone) },
      architecture,
    }));
