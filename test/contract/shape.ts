import type { Entry } from './recording/recorder.ts';

/*
 * Whether two answers are of one kind: the same status and type, the same keys with values of the same types, and the
 * same words where the answer is a text. Values themselves are each cluster's own.
 */

/** One difference a line: `GET /v1/nodes: $[].Drivers: only the real one has it`. */
export const differences = (real: Entry, model: Entry | undefined): readonly string[] => {
  const { method, path, token } = real.request;
  const about = `${method} ${ownWay(path)}${token === 'none' ? '' : ` by ${token}`} (${real.response.status})`;
  if (model === undefined) return [`${about}: was not asked of the model`];
  const told = (text: string): string => `${about}: ${text}`;
  if (real.response.status !== model.response.status)
    return [told(`the model answers ${model.response.status} ${JSON.stringify(model.response.body).slice(0, 200)}`)];
  const type =
    real.response.type === model.response.type ? [] : [told(`type ${real.response.type}, ${model.response.type}`)];
  return [...type, ...shapes(jsonIn(real.response.body), jsonIn(model.response.body), '$').map(told)];
};

/** Autopilot's 429 and the 409 of a variable are JSON that calls itself text. */
const jsonIn = (body: unknown): unknown => {
  if (typeof body !== 'string' || !body.startsWith('{')) return body;
  return JSON.parse(body) as unknown;
};

const shapes = (real: unknown, model: unknown, at: string): readonly string[] => {
  const kinds = [kindOf(real), kindOf(model)];
  if (kinds[0] !== kinds[1]) return [`${at}: ${kinds[0]}, ${kinds[1]}`];
  if (Array.isArray(real) && Array.isArray(model)) {
    if (real.length === 0 || model.length === 0)
      return real.length === model.length ? [] : [`${at}: ${real.length} entries, ${model.length}`];
    return shapes(fullest(real), fullest(model), `${at}[]`);
  }
  if (isRecord(real) && isRecord(model)) {
    const keys = [...new Set([...Object.keys(real), ...Object.keys(model)])].toSorted();
    return keys.flatMap((key) => {
      const inner = `${at}.${key}`;
      if (!(key in model)) return [`${inner}: only the real one has it`];
      return key in real ? shapes(real[key], model[key], inner) : [`${inner}: only the model has it`];
    });
  }
  if (typeof real === 'string' && at === '$' && ownWords(real) !== ownWords(String(model)))
    return [`${at}: ${JSON.stringify(real)}, ${JSON.stringify(model)}`];
  return [];
};

/** Entries of a list leave out what they have nothing of: the one with the most keys speaks for all. */
const fullest = (list: readonly unknown[]): unknown => list.toSorted((a, b) => sizeOf(b) - sizeOf(a))[0];
const sizeOf = (value: unknown): number => (isRecord(value) ? Object.keys(value).length : 0);

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const kindOf = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);

const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const ownWay = (path: string): string => path.replaceAll(uuid, '<id>').replaceAll(/cas=\d+/g, 'cas=<index>');
/** Of a text, what is not an id, an index or an address of just this cluster. */
const ownWords = (text: string): string =>
  text
    .replaceAll(uuid, '<id>')
    .replaceAll(/10\.0\.1\.\d+/g, '<ip>')
    .replaceAll(/(index:?) \d+/g, '$1 <index>')
    // Comes before what another server, the leader, says.
    .replaceAll('rpc error making call: ', '')
    .replaceAll('rpc error: ', '')
    .trim();

/** Requests that are the same but for ids and indexes; of several the one with the same name in its body, then the next. */
export const counterpart = (real: Entry, models: Entry[]): Entry | undefined => {
  const key = ({ request: { method, path, token, body } }: Entry): string =>
    JSON.stringify([method, ownWay(path), token, (body as { Name?: unknown } | undefined)?.Name ?? null]);
  const index = models.findIndex((one) => key(one) === key(real));
  return index < 0 ? undefined : models.splice(index, 1)[0];
};
