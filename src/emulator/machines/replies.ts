import { isoOf } from '../context.ts';

/** Goes with every reply of a machine, so that the gateway's own refusals can be told from it. */
export const machineHeader = 'x-emulator-machine';

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly type: 'application/json' | 'text/plain; charset=utf-8' | 'text/html; charset=utf-8' | null;
}
/** A reply without a body. */
export const empty = (status: number): Answer => ({ status, body: '', type: null });
export const json = (value: unknown, status = 200): Answer => ({
  status,
  body: JSON.stringify(value),
  type: 'application/json',
});
export const plainText = (body: string, status: number): Answer => ({
  status,
  body,
  type: 'text/plain; charset=utf-8',
});
/** What both systems say to a consistent read without a leader. */
export const noLeader = plainText('No cluster leader', 500);

export const replyOf = (answer: Answer, machine: string, now: number): Response =>
  new Response(answer.type === null ? null : answer.body, {
    status: answer.status,
    headers: {
      ...(answer.type === null ? {} : { 'content-type': answer.type }),
      date: new Date(now).toUTCString(),
      [machineHeader]: machine,
    },
  });

/** No machine answers: the connection was refused or led nowhere. The gateway says so. */
export const noReply = (because: string): Response =>
  new Response(JSON.stringify({ error: { code: 'machine_unreachable', message: because } }), {
    status: 502,
    headers: { 'content-type': 'application/json' },
  });

/** A route of a model: a pattern over the path's segments, `:name` for one of them, `:name*` at the end for all that are left. */
export interface ModelRoute<Deps> {
  readonly method: string;
  readonly path: string;
  readonly answer: (deps: Deps, params: Readonly<Record<string, string>>, query: URLSearchParams) => Answer;
}

export const findRoute = <Deps>(
  routes: readonly ModelRoute<Deps>[],
  method: string,
  path: string,
): { route: ModelRoute<Deps>; params: Record<string, string> } | undefined => {
  const segments = path.split('/').map(decodeURIComponent);
  for (const route of routes) {
    const pattern = route.path.split('/');
    const open = route.path.endsWith('*');
    if (route.method !== method || segments.length < pattern.length) continue;
    if (!open && segments.length !== pattern.length) continue;
    const params: Record<string, string> = {};
    const fits = pattern.every((part, index) => {
      const segment = part.endsWith('*') ? segments.slice(index).join('/') : (segments[index] ?? '');
      if (part.startsWith(':')) params[part.slice(1).replace('*', '')] = segment;
      return part.startsWith(':') || part === segment;
    });
    if (fits) return { route, params };
  }
  return undefined;
};

export const isoNanos = (ms: number): string => new Date(ms).toISOString().replace('Z', '000000Z');
export const seconds = (ms: number): string => isoOf(ms);
