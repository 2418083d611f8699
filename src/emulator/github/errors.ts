/** A refusal as GitHub words it. `documentation`: the end of its page under docs.github.com/rest. */
export class GitHubError extends Error {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  constructor(
    status: number,
    message: string,
    more: {
      readonly documentation?: string;
      readonly errors?: readonly (FieldError | string)[];
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(message);
    this.status = status;
    this.headers = more.headers ?? {};
    this.body = {
      message,
      ...(more.errors === undefined ? {} : { errors: more.errors }),
      documentation_url: `https://docs.github.com/rest${more.documentation === undefined ? '' : `/${more.documentation}`}`,
      status: String(status),
    };
  }
}

/** One field of a 422. */
export interface FieldError {
  readonly resource: string;
  readonly code: 'missing' | 'missing_field' | 'invalid' | 'custom' | 'unprocessable' | 'already_exists';
  readonly field: string;
  readonly message?: string;
}
export const invalid = (documentation: string, ...errors: readonly (FieldError | string)[]): GitHubError =>
  new GitHubError(422, 'Validation Failed', { documentation, errors });
export const notFound = (documentation?: string): GitHubError =>
  new GitHubError(404, 'Not Found', documentation === undefined ? {} : { documentation });
