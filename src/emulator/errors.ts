/** HTTP status of each code; docs.hetzner.cloud, errors. Codes of single operations are 422 unless said otherwise. */
const statusOf: Readonly<Record<string, number>> = {
  json_error: 400,
  unauthorized: 401,
  token_readonly: 401,
  forbidden: 403,
  maintenance: 403,
  resource_limit_exceeded: 403,
  not_found: 404,
  method_not_allowed: 405,
  uniqueness_error: 409,
  conflict: 409,
  deprecated_api_endpoint: 410,
  resource_unavailable: 412,
  invalid_input: 422,
  service_error: 422,
  unsupported_error: 422,
  locked: 423,
  protected: 423,
  rate_limit_exceeded: 429,
  server_error: 500,
  not_implemented: 501,
  bad_gateway: 502,
  unavailable: 503,
  timeout: 504,
};

/** A refusal: what the API answers instead of doing anything. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;
  readonly details: Readonly<Record<string, unknown>> | null;
  constructor(
    code: string,
    message: string,
    details: Readonly<Record<string, unknown>> | null = null,
    status?: number,
  ) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.details = details;
    this.status = status ?? statusOf[code] ?? 422;
  }
}

/** Any code; `operationError('server_not_stopped', 'server must be stopped')`. The status is the table's, else 422. */
export const operationError = (code: string, message: string, status?: number): ApiError =>
  new ApiError(code, message, null, status);

export const notFound = (label: string, id: string | number): ApiError =>
  new ApiError('not_found', `${label} with ID '${id}' not found`);
export const namedNotFound = (label: string, name: string): ApiError =>
  new ApiError('not_found', `${label} '${name}' not found`);

/** `fields`: the offending ones, as in `{name: ['Name must be a valid hostname.']}`. */
export const invalidInput = (fields: Readonly<Record<string, readonly string[]>>, message?: string): ApiError => {
  const names = Object.keys(fields);
  const quoted = names.map((name) => `'${name}'`).join(', ');
  return new ApiError('invalid_input', message ?? `invalid input in field${names.length > 1 ? 's' : ''} ${quoted}`, {
    fields: names.map((name) => ({ name, messages: fields[name] ?? [] })),
  });
};
/** An `invalid_input` without fields: seen on the real API with empty details (terraform-provider-hcloud #492). */
export const invalidInputText = (message: string): ApiError => new ApiError('invalid_input', message, {});

export const uniquenessError = (message: string, field = 'name'): ApiError =>
  new ApiError('uniqueness_error', message, { fields: [{ name: field }] });
export const serverLocked = (): ApiError => new ApiError('locked', 'cannot perform operation because server is locked');
export const conflict = (label: string): ApiError =>
  new ApiError('conflict', `${label} has been changed or is being changed by another action`);
export const protectedError = (message: string): ApiError => new ApiError('protected', message);
export const resourceInUse = (message: string): ApiError => new ApiError('resource_in_use', message);
export const limitExceeded = (message: string, limit: string): ApiError =>
  new ApiError('resource_limit_exceeded', message, { limits: [{ name: limit }] });
export const resourceUnavailable = (message: string): ApiError => new ApiError('resource_unavailable', message);
export const serviceError = (message: string): ApiError => new ApiError('service_error', message);
export const unsupported = (message: string): ApiError => new ApiError('unsupported_error', message);
/** `announcement` is where Hetzner told of the removal. */
export const goneEndpoint = (announcement: string): ApiError =>
  new ApiError('deprecated_api_endpoint', 'API functionality was removed', { announcement });

/** Thrown by an effect: its action ends in `error` with this. */
export class ActionFailure extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = 'ActionFailure';
    this.code = code;
  }
}
