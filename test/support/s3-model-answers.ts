import type { S3Quirks } from './s3-model.ts';
import type { S3Objects, S3Version } from './s3-model-objects.ts';

export interface S3Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}
interface Asked {
  readonly operation: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly bucket: string;
  readonly region: string;
  readonly accessKeys: readonly string[] | undefined;
}

/** One request to its reply, in one go: no other write comes between a condition and its write. */
export const answer = (asked: Asked, quirks: S3Quirks, objects: S3Objects): S3Reply =>
  refusal(asked, quirks, objects) ?? operation(asked, quirks, objects);

const fifteenMinutes = 15 * 60_000;

const refusal = (asked: Asked, quirks: S3Quirks, objects: S3Objects): S3Reply | undefined => {
  const { headers, operation: name, region } = asked;
  if (quirks.refuse) return failure(quirks.refuse.status, quirks.refuse.code, quirks.refuse.message);
  const sent = amzDate(headers['x-amz-date']);
  if (
    quirks.anyTime !== true &&
    sent !== undefined &&
    Math.abs(sent - Date.now() - (quirks.clockSkewMs ?? 0)) > fifteenMinutes
  )
    return failure(
      403,
      'RequestTimeTooSkewed',
      'The difference between the request time and the current time is too large.',
    );
  const keyId = /Credential=([^/]+)/.exec(headers['authorization'] ?? '')?.[1];
  if (asked.accessKeys !== undefined && !asked.accessKeys.includes(keyId ?? ''))
    return failure(403, 'InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.');
  const there = { 'x-amz-bucket-region': region };
  if (quirks.wrongRegion === 'redirect')
    return failure(301, 'PermanentRedirect', 'The bucket must be addressed at another endpoint.', there);
  if (quirks.wrongRegion === 'malformed')
    return failure(
      400,
      'AuthorizationHeaderMalformed',
      `The authorization header is malformed; the region is wrong; expecting '${region}'`,
      there,
      `<Region>${region}</Region>`,
    );
  if (
    quirks.rejectChecksums &&
    Object.keys(headers).some((header) => /^x-amz-(checksum|sdk-checksum|trailer)/.test(header))
  )
    return failure(400, 'InvalidArgument', 'x-amz-content-sha256 must be UNSIGNED-PAYLOAD or a valid sha256 value');
  if (headers['content-encoding'] === 'aws-chunked')
    return failure(501, 'NotImplemented', 'the model reads no chunked signatures');
  if (!objects.bucketExists && name !== 'BUCKET-PUT')
    return failure(404, 'NoSuchBucket', 'The specified bucket does not exist');
  if (quirks.noNewBuckets && name === 'BUCKET-PUT') return failure(403, 'AccessDenied', 'Access Denied');
  if (quirks.readOnly && /PUT|DELETE/.test(name)) return failure(403, 'AccessDenied', 'Access Denied');
  if (quirks.noVersioning && /VERSION/.test(name))
    return failure(501, 'NotImplemented', 'A header you provided implies functionality that is not implemented');
  return undefined;
};

const operation = (asked: Asked, quirks: S3Quirks, objects: S3Objects): S3Reply => {
  const { key, query } = asked;
  switch (asked.operation) {
    case 'PUT':
      return put(asked, quirks, objects);
    case 'DELETE':
      // Like Hetzner's store: a condition on DELETE is not looked at.
      if (query.has('versionId')) objects.removeVersion(key, query.get('versionId') ?? '');
      else objects.remove(key);
      return { status: 204, headers: {}, text: '' };
    case 'GET':
    case 'HEAD':
      return read(key, query.get('versionId'), objects);
    case 'LIST':
      return list(asked, objects);
    case 'LIST-VERSIONS':
      return listVersions(asked, objects);
    case 'BUCKET-HEAD':
      return { status: 200, headers: { 'x-amz-bucket-region': asked.region }, text: '' };
    case 'BUCKET-PUT':
      if (objects.bucketExists) return failure(409, 'BucketAlreadyOwnedByYou', 'The bucket is yours already');
      objects.bucketExists = true;
      return { status: 200, headers: { Location: `/${asked.bucket}` }, text: '' };
    case 'BUCKET-DELETE':
      if (objects.allVersions('').length > 0) return failure(409, 'BucketNotEmpty', 'The bucket is not empty');
      objects.bucketExists = false;
      return { status: 204, headers: {}, text: '' };
    case 'VERSIONING-GET':
      return xml(
        `<VersioningConfiguration>${objects.versioning ? '<Status>Enabled</Status>' : ''}</VersioningConfiguration>`,
      );
    case 'VERSIONING-PUT':
      objects.versioning = asked.body.includes('<Status>Enabled</Status>');
      return { status: 200, headers: {}, text: '' };
    default:
      return failure(405, 'MethodNotAllowed', `the model knows no ${asked.operation}`);
  }
};

const put = ({ key, headers, body }: Asked, quirks: S3Quirks, objects: S3Objects): S3Reply => {
  const match = quirks.ignoreConditions || quirks.ignoreIfMatch ? undefined : headers['if-match'];
  const noneMatch = quirks.ignoreConditions || quirks.ignoreIfNoneMatch ? undefined : headers['if-none-match'];
  if ((match ?? noneMatch) !== undefined && (quirks.conflict409 ?? 0) > 0) {
    quirks.conflict409 = (quirks.conflict409 ?? 0) - 1;
    return failure(409, 'ConditionalRequestConflict', 'A conflicting conditional operation is in progress');
  }
  // Looks at the version to come, which is never there: radosgw 16.2.
  const blind = quirks.versionsBreakConditions === true && objects.versioning;
  const current = blind ? undefined : objects.current(key);
  const failed = failure(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold');
  if (noneMatch === '*' && current !== undefined) return failed;
  if (match !== undefined) {
    if (blind) return failed;
    if (current === undefined) return failure(404, 'NoSuchKey', 'The specified key does not exist.');
    if (quirks.unquotedOnly && match.startsWith('"')) return failed;
    if (quirks.quotedOnly && !match.startsWith('"')) return failed;
    if (match.replaceAll('"', '') !== current.etag) return failed;
  }
  const version = objects.put(key, body);
  return { status: 200, headers: about(version), text: '' };
};

const about = ({ etag, id }: S3Version): Record<string, string> => ({
  ETag: `"${etag}"`,
  ...(id !== 'null' && { 'x-amz-version-id': id }),
});

const read = (key: string, versionId: string | null, objects: S3Objects): S3Reply => {
  const version =
    versionId === null ? objects.current(key) : objects.versionsOf(key).find(({ id }) => id === versionId);
  if (version === undefined)
    return versionId === null
      ? failure(404, 'NoSuchKey', 'The specified key does not exist.')
      : failure(404, 'NoSuchVersion', 'The specified version does not exist.');
  if (version.gone)
    return failure(405, 'MethodNotAllowed', 'The specified method is not allowed against this resource.');
  const headers = { ...about(version), 'Last-Modified': new Date(version.at).toUTCString() };
  return { status: 200, headers: { ...headers, 'Content-Type': 'application/json' }, text: version.text };
};

const list = ({ query, bucket }: Asked, objects: S3Objects): S3Reply => {
  const prefix = query.get('prefix') ?? '';
  const contents = objects.keys().flatMap((key) => {
    const version = objects.current(key);
    if (!key.startsWith(prefix) || version === undefined) return [];
    return [
      `<Contents><Key>${xmlText(key)}</Key>${dated(version)}<Size>${Buffer.byteLength(version.text)}</Size></Contents>`,
    ];
  });
  const head = `<Name>${bucket}</Name><Prefix>${xmlText(prefix)}</Prefix><KeyCount>${contents.length}</KeyCount>`;
  return xml(`<ListBucketResult>${head}<IsTruncated>false</IsTruncated>${contents.join('')}</ListBucketResult>`);
};

const listVersions = ({ query, bucket }: Asked, objects: S3Objects): S3Reply => {
  const prefix = query.get('prefix') ?? '';
  const entries = objects.allVersions(prefix).map(([key, version, latest]) => {
    const tag = version.gone ? 'DeleteMarker' : 'Version';
    const facts = `<VersionId>${version.id}</VersionId><IsLatest>${latest}</IsLatest>${dated(version)}`;
    return `<${tag}><Key>${xmlText(key)}</Key>${facts}</${tag}>`;
  });
  const head = `<Name>${bucket}</Name><Prefix>${xmlText(prefix)}</Prefix><IsTruncated>false</IsTruncated>`;
  return xml(`<ListVersionsResult>${head}${entries.join('')}</ListVersionsResult>`);
};

const dated = ({ at, etag }: S3Version): string =>
  `<LastModified>${new Date(at).toISOString()}</LastModified><ETag>&quot;${etag}&quot;</ETag>`;

const failure = (
  status: number,
  code: string,
  message = code,
  headers: Record<string, string> = {},
  more = '',
): S3Reply => ({
  ...xml(`<Error><Code>${code}</Code><Message>${xmlText(message)}</Message>${more}</Error>`, status, headers),
});

const xml = (content: string, status = 200, headers: Record<string, string> = {}): S3Reply => ({
  status,
  headers: { 'Content-Type': 'application/xml', ...headers },
  text: `<?xml version="1.0" encoding="UTF-8"?>\n${content}`,
});

const xmlText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** `20261103T101500Z` to milliseconds. */
const amzDate = (text: string | undefined): number | undefined => {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text ?? '');
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
};
