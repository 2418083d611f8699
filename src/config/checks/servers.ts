import { isArm, locations } from '../catalogue.ts';
import { type CrossCheck, type Finding, inEnvironment } from './check.ts';

export const servers: CrossCheck = ({ environments }) =>
  environments.flatMap(([type, { servers, workers }]) => [
    ...quorum(servers.count).map((finding) => ({ ...finding, path: inEnvironment(type, 'servers', 'count') })),
    ...architectures([...servers.types, ...(workers?.types ?? [])]).map((finding) => ({
      ...finding,
      path: inEnvironment(type, workers === undefined ? 'servers' : 'workers', 'types'),
    })),
    ...zones(servers.locations).map((finding) => ({ ...finding, path: inEnvironment(type, 'locations') })),
    ...(['types', 'locations'] as const).flatMap((ladder) =>
      duplicates(servers[ladder]).map((twice) => ({
        path: ladder === 'types' ? inEnvironment(type, 'servers', 'types') : inEnvironment(type, 'locations'),
        message: `${twice} stands twice in the ladder`,
      })),
    ),
  ]);

export const duplicates = (names: readonly string[]): string[] => [
  ...new Set(names.filter((name, index) => names.indexOf(name) < index)),
];

type Part = Omit<Finding, 'path'>;

/** developer.hashicorp.com, Consul and Nomad deployment tables: 3 or 5 servers; each further one slows every write. */
const quorum = (count: number): Part[] => {
  if ([1, 3, 5].includes(count)) return [];
  const allowed = '1, 3 or 5';
  if (count % 2 === 0)
    return [
      {
        message: `${count} servers survive the loss of ${count / 2 - 1}, no more than ${count - 1} would: an even number only adds risk`,
        found: String(count),
        allowed,
      },
    ];
  const why = count > 10 ? 'and a placement group holds at most 10' : 'more voters make every write slower';
  return [{ message: `too many: each server is a Consul and Nomad voter, ${why}`, found: String(count), allowed }];
};

const architectures = (types: readonly string[]): Part[] => {
  const arm = types.filter(isArm);
  if (arm.length === 0 || arm.length === types.length) return [];
  return [
    {
      message: `${arm.join(', ')} ${arm.length === 1 ? 'is' : 'are'} Arm, the others x86: one ladder has one architecture`,
      allowed: 'only cax types, or none of them',
    },
  ];
};

const zones = (names: readonly string[]): Part[] => {
  const found = new Set(names.map((name) => locations[name]));
  if (found.size <= 1) return [];
  return [
    {
      message: `a private network lives in one network zone; these are ${[...found].join(', ')}`,
      found: names.join(', '),
      allowed: 'locations of one zone, e.g. nbg1, fsn1, hel1',
    },
  ];
};
