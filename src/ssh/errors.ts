/** There is no SSH session to this server now; waiting may heal it. */
export class UnreachableError extends Error {
  /** `connection refused`, `no answer within 10 s`, `the login was refused`. */
  readonly because: string;
  constructor(server: string, because: string, cause?: unknown) {
    super(`${server} can't be reached by SSH: ${because}`, cause === undefined ? undefined : { cause });
    this.name = 'UnreachableError';
    this.because = because;
  }
}

/** A script on the server ended with a status other than 0. Its text is the server's, bounded. */
export class ScriptError extends Error {
  readonly status: number;
  constructor(message: string, status: number) {
    super(message);
    this.name = 'ScriptError';
    this.status = status;
  }
}

/** What to say of an error of ssh2 or the socket below it. */
export const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const { code, level } = error as Error & { code?: unknown; level?: unknown };
  switch (code) {
    case 'ECONNREFUSED':
      return 'connection refused';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'the connection was reset';
    case 'ETIMEDOUT':
      return 'the connection timed out';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'no route to it';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'its name has no address';
    default:
      return level === 'client-authentication' ? 'the login was refused' : error.message;
  }
};
