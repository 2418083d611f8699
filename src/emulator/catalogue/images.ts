import type { Image } from '../../hetzner/wire/images.ts';
import { deprecatedFieldGone } from './server-types.ts';
import { midnight } from './steps.ts';

interface Row {
  readonly name: string;
  readonly description: string;
  readonly flavor: Image['os_flavor'];
  readonly version: string | null;
  /** x86 and, where there is one, arm. */
  readonly ids: readonly [number, number?];
  readonly since: string;
  readonly deprecated: string | undefined;
  /** Deprecated images vanish about three months later. */
  readonly gone: string | undefined;
  readonly type: 'system' | 'app';
}
/** `Debian 12` is the system image debian-12 of flavour debian, version 12. */
const system = (
  description: string,
  flavor: Row['flavor'],
  version: string,
  ids: Row['ids'],
  since: string,
  end: readonly [deprecated?: string, gone?: string] = [],
): Row => ({
  name: `${version.startsWith('stream') ? 'centos-stream' : flavor}-${version.replace('stream', '')}`,
  ...{ description, flavor, version, ids, since, deprecated: end[0], gone: end[1], type: 'system' },
});
/*
 * ubuntu-24.04 x86 is 161547269 in the test suites of hcloud cli and terraform-provider-hcloud; debian-12 114690387 and
 * 114690389, ubuntu-22.04 67794396 and 103908130, debian-11 45557056 and 103907373 as seen in public configurations.
 * The ids of the others are this emulator's own.
 */
const rows: readonly Row[] = [
  system('Ubuntu 22.04', 'ubuntu', '22.04', [67_794_396, 103_908_130], '2022-04-21'),
  system('Ubuntu 24.04', 'ubuntu', '24.04', [161_547_269, 161_547_270], '2024-04-25'),
  system('Ubuntu 26.04', 'ubuntu', '26.04', [340_000_101, 340_000_102], '2026-04-28'),
  system('Debian 11', 'debian', '11', [45_557_056, 103_907_373], '2021-08-16', ['2026-08-31', '2026-11-30']),
  system('Debian 12', 'debian', '12', [114_690_387, 114_690_389], '2023-06-13'),
  system('Debian 13', 'debian', '13', [310_000_101, 310_000_102], '2025-08-11'),
  system('Fedora 41', 'fedora', '41', [200_000_101, 200_000_102], '2024-11-01', ['2025-11-05', '2026-02-05']),
  system('Fedora 42', 'fedora', '42', [230_000_101, 230_000_102], '2025-04-17'),
  system('Fedora 43', 'fedora', '43', [325_000_101, 325_000_102], '2025-11-05'),
  system('Rocky Linux 9', 'rocky', '9', [75_000_101, 103_908_201], '2022-07-20'),
  system('AlmaLinux OS 9', 'alma', '9', [68_000_101, 103_908_202], '2022-06-09'),
  system('CentOS Stream 9', 'centos', 'stream9', [55_000_101, 103_908_203], '2021-12-10'),
  system('openSUSE Leap 15', 'opensuse', '15', [54_000_101, 103_908_204], '2022-06-20'),
  {
    ...system('Docker CE', 'ubuntu', '24.04', [40_000_101, 105_000_101], '2021-06-01'),
    name: 'docker-ce',
    type: 'app',
  },
];

const imageOf = (row: Row, id: number, architecture: Image['architecture'], day: string): Image => {
  const announced = row.deprecated !== undefined && row.deprecated <= day ? row.deprecated : undefined;
  return {
    id,
    type: row.type,
    status: 'available',
    name: row.name,
    description: row.description,
    image_size: null,
    disk_size: 5,
    created: midnight(row.since),
    created_from: null,
    bound_to: null,
    os_flavor: row.flavor,
    os_version: row.version,
    rapid_deploy: row.type === 'system' && architecture === 'x86',
    protection: { delete: false },
    ...(day < deprecatedFieldGone
      ? { deprecated: announced === undefined ? null : midnight(announced) }
      : {
          deprecation:
            announced === undefined
              ? null
              : { announced: midnight(announced), unavailable_after: midnight(row.gone ?? announced) },
        }),
    deleted: null,
    labels: {},
    architecture,
  };
};

export const imagesOn = (day: string): readonly Image[] =>
  rows
    .filter((row) => row.since <= day && (row.gone === undefined || day < row.gone))
    .flatMap((row) => {
      const [x86, arm] = row.ids;
      const first = imageOf(row, x86, 'x86', day);
      return arm === undefined ? [first] : [first, imageOf(row, arm, 'arm', day)];
    })
    .toSorted((a, b) => a.id - b.id);
