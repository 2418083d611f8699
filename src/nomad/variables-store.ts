import { z } from 'zod';
import { Failure } from '../domain/errors.ts';
import { Secret } from '../domain/secret.ts';
import { type NomadHttp, NomadRefusal } from './http.ts';

/** nomad/api-docs/variables: a path, and text by name. */
const variableSchema = z.object({ ModifyIndex: z.int(), Items: z.record(z.string(), z.string()) });

/** Refusals by compare-and-swap in a row; only another writer of the same path can cause one. */
const triesMax = 3;

/** Makes the variables at `path` hold exactly `items`. Nobody is told the values: messages name the path alone. */
export const putVariables = async (
  http: NomadHttp,
  path: string,
  items: Readonly<Record<string, Secret>>,
): Promise<{ readonly changed: boolean }> => {
  if (Object.keys(items).length === 0) return removeVariables(http, path);
  for (let tries = 1; ; tries += 1) {
    const present = await read(http, path);
    if (present !== undefined && same(present.Items, items)) return { changed: false };
    try {
      await write(http, path, present?.ModifyIndex ?? 0, items);
      return { changed: true };
    } catch (error) {
      if (!(error instanceof NomadRefusal) || error.status !== 409) throw error;
      if (tries < triesMax) continue;
      throw new Failure(`the variables ${path} in Nomad were changed by someone else ${triesMax} times meanwhile`, {
        next: 'find who else writes them, then run again',
      });
    }
  }
};

export const readVariables = async (http: NomadHttp, path: string): Promise<Readonly<Record<string, Secret>>> => {
  const present = await read(http, path);
  return Object.fromEntries(Object.entries(present?.Items ?? {}).map(([name, text]) => [name, new Secret(text)]));
};

/** Nothing there is a success. */
export const removeVariables = async (http: NomadHttp, path: string): Promise<{ readonly changed: boolean }> => {
  if ((await read(http, path)) === undefined) return { changed: false };
  await http.ask('DELETE', urlOf(path), z.unknown());
  return { changed: true };
};

const urlOf = (path: string): string => `/v1/var/${path.split('/').map(encodeURIComponent).join('/')}`;

const read = async (http: NomadHttp, path: string): Promise<z.infer<typeof variableSchema> | undefined> => {
  try {
    return (await http.ask('GET', urlOf(path), variableSchema)).body;
  } catch (error) {
    if (error instanceof NomadRefusal && error.status === 404) return undefined;
    throw error;
  }
};

/** The refusal of a write may repeat what was sent, so its text goes no further. */
const write = async (
  http: NomadHttp,
  path: string,
  index: number,
  items: Readonly<Record<string, Secret>>,
): Promise<void> => {
  const body = { Items: Object.fromEntries(Object.entries(items).map(([name, secret]) => [name, secret.reveal()])) };
  try {
    await http.ask('PUT', `${urlOf(path)}?cas=${index}`, z.unknown(), { body });
  } catch (error) {
    if (error instanceof NomadRefusal && error.status !== 409)
      throw new NomadRefusal(`PUT /v1/var/${path}`, error.status, 'refused the variables');
    throw error;
  }
};

const same = (present: Readonly<Record<string, string>>, items: Readonly<Record<string, Secret>>): boolean =>
  Object.keys(present).length === Object.keys(items).length &&
  Object.entries(items).every(([name, secret]) => present[name] === secret.reveal());
