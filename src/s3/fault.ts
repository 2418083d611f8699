/** What the SDK threw, whatever its class: they differ by version and by how far the request came. */
export interface Fault {
  /** S3's code (`NoSuchKey`), Node's (`ECONNREFUSED`), else the error's name. */
  readonly code: string;
  /** Undefined: no reply came. */
  readonly status: number | undefined;
  readonly message: string;
  /** The bucket's own region, where a refusal names it. */
  readonly region: string | undefined;
  /** No reply in time. */
  readonly timedOut: boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: an error of unknown shape; every field is checked
const field = (error: unknown, name: string): any =>
  typeof error === 'object' && error !== null ? (error as Record<string, unknown>)[name] : undefined;
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

export const faultOf = (error: unknown): Fault => {
  const response = field(error, '$response');
  const status = field(field(error, '$metadata'), 'httpStatusCode') ?? field(response, 'statusCode');
  const name = text(field(error, 'name')) ?? 'Error';
  const code = text(field(error, 'code')) ?? text(field(error, 'Code')) ?? name;
  const headers = field(response, 'headers');
  return {
    code,
    status: typeof status === 'number' ? status : undefined,
    message: text(field(error, 'message')) ?? String(error),
    region: text(field(error, 'Region')) ?? text(field(headers, 'x-amz-bucket-region')),
    // The SDK calls a reset connection a timeout too.
    timedOut:
      status === undefined && (name === 'TimeoutError' || name === 'AbortError') && !/^(ECONN|EPIPE)/.test(code),
  };
};

/** Nothing was sent: the name is unknown, nobody listens, no connection came about, or TLS was not agreed on. */
export const neverSent = ({ status, code, message }: Fault): boolean =>
  status === undefined &&
  (/^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|CredentialsProviderError|Err.*INVALID_CHAR)$/.test(
    code,
  ) ||
    isTls(code) ||
    /without establishing a connection|connection timed out/i.test(message));

export const isTls = (code: string): boolean =>
  /^(CERT_|ERR_TLS|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|EPROTO|HOSTNAME_MISMATCH)/.test(code);

/** Worth another try of a request that changes nothing. */
export const passing = (fault: Fault): boolean =>
  fault.status === undefined
    ? fault.timedOut || /^(ECONN|EPIPE|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|Truncated)/.test(fault.code)
    : fault.status >= 500
      ? fault.status !== 501
      : fault.status === 429 || fault.code === 'SlowDown';
