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
  readonly deprecated?: string;
  /** Deprecated images vanish about three months later. */
  readonly gone?: string;
  readonly type?: 'app';
}
/*
 * ubuntu-24.04 x86 is 161547269 in the test suites of hcloud cli and terraform-provider-hcloud; debian-12 114690387 and
 * 114690389, ubuntu-22.04 67794396 and 103908130, debian-11 45557056 and 103907373 as seen in public configurations.
 * The ids of the others are this emulator's own.
 */
const rows: readonly Row[] = [
  {
    name: 'ubuntu-22.04',
    description: 'Ubuntu 22.04',
    flavor: 'ubuntu',
    version: '22.04',
    ids: [67_794_396, 103_908_130],
    since: '2022-04-21',
  },
  {
    name: 'ubuntu-24.04',
    description: 'Ubuntu 24.04',
    flavor: 'ubuntu',
    version: '24.04',
    ids: [161_547_269, 161_547_270],
    since: '2024-04-25',
  },
  {
    name: 'ubuntu-26.04',
    description: 'Ubuntu 26.04',
    flavor: 'ubuntu',
    version: '26.04',
    ids: [340_000_101, 340_000_102],
    since: '2026-04-28',
  },
  {
    name: 'debian-11',
    description: 'Debian 11',
    flavor: 'debian',
    version: '11',
    ids: [45_557_056, 103_907_373],
    since: '2021-08-16',
    deprecated: '2026-08-31',
    gone: '2026-11-30',
  },
  {
    name: 'debian-12',
    description: 'Debian 12',
    flavor: 'debian',
    version: '12',
    ids: [114_690_387, 114_690_389],
    since: '2023-06-13',
  },
  {
    name: 'debian-13',
    description: 'Debian 13',
    flavor: 'debian',
    version: '13',
    ids: [310_000_101, 310_000_102],
    since: '2025-08-11',
  },
  {
    name: 'fedora-41',
    description: 'Fedora 41',
    flavor: 'fedora',
    version: '41',
    ids: [200_000_101, 200_000_102],
    since: '2024-11-01',
    deprecated: '2025-11-05',
    gone: '2026-02-05',
  },
  {
    name: 'fedora-42',
    description: 'Fedora 42',
    flavor: 'fedora',
    version: '42',
    ids: [230_000_101, 230_000_102],
    since: '2025-04-17',
  },
  {
    name: 'fedora-43',
    description: 'Fedora 43',
    flavor: 'fedora',
    version: '43',
    ids: [325_000_101, 325_000_102],
    since: '2025-11-05',
  },
  {
    name: 'rocky-9',
    description: 'Rocky Linux 9',
    flavor: 'rocky',
    version: '9',
    ids: [75_000_101, 103_908_201],
    since: '2022-07-20',
  },
  {
    name: 'alma-9',
    description: 'AlmaLinux OS 9',
    flavor: 'alma',
    version: '9',
    ids: [68_000_101, 103_908_202],
    since: '2022-06-09',
  },
  {
    name: 'centos-stream-9',
    description: 'CentOS Stream 9',
    flavor: 'centos',
    version: 'stream9',
    ids: [55_000_101, 103_908_203],
    since: '2021-12-10',
  },
  {
    name: 'opensuse-15',
    description: 'openSUSE Leap 15',
    flavor: 'opensuse',
    version: '15',
    ids: [54_000_101, 103_908_204],
    since: '2022-06-20',
  },
  {
    name: 'docker-ce',
    description: 'Docker CE',
    flavor: 'ubuntu',
    version: '24.04',
    ids: [40_000_101, 105_000_101],
    since: '2021-06-01',
    type: 'app',
  },
];

const imageOf = (row: Row, id: number, architecture: Image['architecture'], day: string): Image => {
  const announced = row.deprecated !== undefined && row.deprecated <= day ? row.deprecated : undefined;
  return {
    id,
    type: row.type ?? 'system',
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
    rapid_deploy: row.type === undefined && architecture === 'x86',
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
