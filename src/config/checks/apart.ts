import type { Infra } from '../schema.ts';
import { type CrossCheck, type Finding, inEnvironment } from './check.ts';

/** What infra.yaml says of previews apart has to hold: another place is another one, and nothing of theirs needs keys that lie elsewhere. */
export const apart: CrossCheck = ({ infra, environments }) => {
  const { state } = infra;
  if (state?.previews === undefined) return [];
  const hosted = environments.some(([type, { host }]) => type === 'pr' && host === 'staging');
  return [...samePlace(state), ...(hosted ? [onStaging] : [])];
};

type State = NonNullable<Infra['state']>;

const samePlace = ({ backend, directory, s3, previews }: State): Finding[] => {
  if (previews?.s3 !== undefined && s3 !== undefined && placeOf(previews.s3) === placeOf(s3))
    return [
      {
        path: ['state', 'previews', 's3'],
        about: [['state', 's3']],
        message: 'this is the place of the other states, so nothing would lie apart',
        found: placeOf(s3),
        allowed:
          'another bucket, or in the same one another prefix; a bucket of its own can have credentials of its own',
      },
    ];
  const same = previews?.directory !== undefined && plain(previews.directory) === plain(directory ?? '');
  if (backend !== 'local' || !same) return [];
  return [
    {
      path: ['state', 'previews', 'directory'],
      about: [['state', 'directory']],
      message: 'this is the directory of the other states, so nothing would lie apart',
      found: previews?.directory ?? '',
      allowed: 'another one, like state/previews',
    },
  ];
};

const placeOf = ({ endpoint, bucket, prefix }: NonNullable<State['s3']>): string =>
  [endpoint?.replace(/\/+$/, '') ?? 'AWS', bucket, ...(prefix === undefined || prefix === '' ? [] : [prefix])].join(
    '/',
  );

const plain = (path: string): string => path.replace(/^\.\//, '').replaceAll(/\/+/g, '/').replace(/\/$/, '');

const onStaging: Finding = {
  path: inEnvironment('pr', 'pool', 'on'),
  about: [['state', 'previews']],
  message: 'previews on the servers of staging need its keys, and those lie with the other states',
  found: 'staging',
  allowed: 'pool; or no state.previews',
};
