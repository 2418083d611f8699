import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answer, type S3Reply } from './s3-model-answers.ts';
import { createS3Objects, type S3Objects } from './s3-model-objects.ts';

/** What a store may do wrong, or differently from AWS. All may be changed while the model runs. */
export interface S3Quirks {
  /** Takes `If-Match` and `If-None-Match` and pays no heed: such a store can't be shared. */
  ignoreConditions?: boolean;
  /** The same for one of the two only. */
  ignoreIfMatch?: boolean;
  ignoreIfNoneMatch?: boolean;
  /** Which spelling of an ETag an `If-Match` may have; another is answered 412 always, as Hetzner's store does to quotes. */
  quotedOnly?: boolean;
  unquotedOnly?: boolean;
  /** 400 for checksum headers and trailers that came into the SDKs in 2025. */
  rejectChecksums?: boolean;
  /** 403 AccessDenied for every write. */
  readOnly?: boolean;
  /** The bucket is missing until it is made. */
  noBucket?: boolean;
  /** Signed for another region: a redirect, or a refusal that names the right one. */
  wrongRegion?: 'redirect' | 'malformed';
  /** Its clock is this much ahead of ours. */
  clockSkewMs?: number;
  /** Requests may be signed at any time: for processes whose own time is virtual. */
  anyTime?: boolean;
  /** So many conditional writes are answered 409 ConditionalRequestConflict before one is looked at. */
  conflict409?: number;
  /** The nth write (from 1) is carried out and its connection cut without a reply. */
  loseReply?: number;
  /** GET of an object ends before its announced length. */
  truncate?: boolean;
  /** 501 NotImplemented for everything about versions. */
  noVersioning?: boolean;
  /** With versions on, accepts every `If-None-Match: *` and refuses every `If-Match`, as Ceph before 2025. */
  versionsBreakConditions?: boolean;
  /** 403 for making a bucket. */
  noNewBuckets?: boolean;
  /** Every request is answered so. */
  refuse?: { status: number; code: string; message?: string };
  /** Every connection is cut at once. */
  down?: boolean;
  /** Requests are read and never answered. */
  silent?: boolean;
}
export interface S3Write {
  /** From 1: the number of this PUT or DELETE of an object since the start. */
  readonly nth: number;
  readonly method: 'PUT' | 'DELETE';
  readonly key: string;
  /** `before`: nothing is changed yet; `after`: it is decided, and not yet answered. */
  readonly phase: 'before' | 'after';
  /** Only `after`. */
  readonly status?: number;
}
export interface S3Logged {
  /** `PUT`, `GET`, `HEAD`, `DELETE`, `LIST`, `LIST-VERSIONS`, `BUCKET-HEAD`, `BUCKET-PUT`, `VERSIONING-GET`, `VERSIONING-PUT` */
  readonly operation: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  /** 0: cut without a reply. */
  status: number;
}
export interface S3ModelOptions {
  readonly port?: number;
  readonly bucket?: string;
  readonly region?: string;
  readonly quirks?: S3Quirks;
  /** Access key ids it knows; absent: any. */
  readonly accessKeys?: readonly string[];
  readonly onWrite?: (write: S3Write) => void | Promise<void>;
  /** Milliseconds; `clockSkewMs` comes on top. */
  readonly now?: () => number;
}
export interface S3Model {
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly quirks: S3Quirks;
  readonly objects: S3Objects;
  /** Every request, in the order of arrival. */
  readonly requests: S3Logged[];
  /** Requests by operation. */
  counts(): Record<string, number>;
  /** The `state.s3` part of infra.yaml for it, as YAML. */
  yaml(prefix?: string): string;
  onWrite: ((write: S3Write) => void | Promise<void>) | undefined;
  stop(): Promise<void>;
}

/**
 * A MODEL of an S3 store, not a store: a bucket in memory (and others that are made), path style, conditional PUT, versions, and faults on
 * demand. It checks no signature, pages no list and knows only what this project asks. What it says of real stores is an
 * assumption; test/s3 holds the same contract against servers that others wrote.
 */
export const startS3Model = async (options: S3ModelOptions = {}): Promise<S3Model> => {
  const { bucket = 'infra-state', region = 'fsn1', now = Date.now } = options;
  const quirks: S3Quirks = { ...options.quirks };
  const storeNow = () => now() + (quirks.clockSkewMs ?? 0);
  const objects = createS3Objects(storeNow);
  const others = new Map<string, S3Objects>();
  const inBucket = (name: string): S3Objects => {
    const found = name === bucket ? objects : (others.get(name) ?? createS3Objects(storeNow));
    if (name !== bucket) others.set(name, found);
    return found;
  };
  if (quirks.noBucket !== true) objects.bucketExists = true;
  const requests: S3Logged[] = [];
  let writes = 0;

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(request);
    const asked = parse(request);
    const logged: S3Logged = { operation: asked.operation, key: asked.key, headers: headersOf(request), status: 0 };
    requests.push(logged);
    if (quirks.silent) return;
    if (quirks.down) return void request.socket.destroy();
    const write =
      asked.bucket === bucket && (asked.operation === 'PUT' || asked.operation === 'DELETE') && asked.operation;
    const nth = write ? ++writes : 0;
    if (write) await model.onWrite?.({ nth, method: write, key: asked.key, phase: 'before' });
    const about = { ...asked, headers: logged.headers, body, region, accessKeys: options.accessKeys };
    const reply = answer(about, quirks, inBucket(asked.bucket));
    if (write) await model.onWrite?.({ nth, method: write, key: asked.key, phase: 'after', status: reply.status });
    if (write && nth === quirks.loseReply) return void request.socket.destroy();
    logged.status = reply.status;
    send(request, response, reply, new Date(objects.now()).toUTCString(), quirks.truncate === true);
  };

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const model: S3Model = {
    endpoint,
    bucket,
    region,
    quirks,
    objects,
    requests,
    counts: () => {
      const counts: Record<string, number> = {};
      for (const { operation } of requests) counts[operation] = (counts[operation] ?? 0) + 1;
      return counts;
    },
    yaml: (prefix = '') =>
      `    endpoint: ${endpoint}\n    region: ${region}\n    bucket: ${bucket}\n    prefix: "${prefix}"\n    path_style: true\n`,
    onWrite: options.onWrite,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return model;
};

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
};

const headersOf = (request: IncomingMessage): Record<string, string> =>
  Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));

const parse = (request: IncomingMessage) => {
  const url = new URL(request.url ?? '/', 'http://model');
  const [, first = '', ...rest] = url.pathname.split('/').map(decodeURIComponent);
  const key = rest.join('/');
  const method = request.method ?? 'GET';
  const query = url.searchParams;
  const operation =
    key !== ''
      ? method
      : query.has('versioning')
        ? `VERSIONING-${method}`
        : query.has('versions')
          ? 'LIST-VERSIONS'
          : method === 'GET'
            ? 'LIST'
            : `BUCKET-${method}`;
  return { operation, key, query, bucket: first };
};

const send = (
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, text }: S3Reply,
  date: string,
  truncate: boolean,
): void => {
  response.sendDate = false;
  const body = Buffer.from(text, 'utf8');
  const length = { 'Content-Length': String(body.length) };
  response.writeHead(status, { Date: date, 'x-amz-request-id': 'MODEL', ...(status !== 204 && length), ...headers });
  if (request.method === 'HEAD' || status === 204) return void response.end();
  if (!truncate || status !== 200 || body.length < 2) return void response.end(body);
  response.write(body.subarray(0, body.length >> 1), () => request.socket.destroy());
};
