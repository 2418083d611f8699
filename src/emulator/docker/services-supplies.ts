import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LocalWorldError } from '../world-file.ts';
import { textOf } from './balancer-ca.ts';

/** An image that a job runs, and how it is built where that is known here. */
export interface WantedImage {
  readonly job: string;
  /** As infra.yaml names it: `developeraipacto/aipacto-web:latest`. */
  readonly image: string;
  /** Absolute; undefined: it is not built here, so it is pulled. */
  readonly dockerfile?: string;
  /** Absolute folder of the build. */
  readonly context?: string;
}
/** What a world's services have to hand out, kept beside its world.json: each environment adds its own. */
export interface Supplies {
  /** Path below the services' address to the name of an archive in the cache. */
  readonly mirror: Readonly<Record<string, string>>;
  readonly images: readonly WantedImage[];
}

const fileOf = (directory: string): string => join(directory, 'supplies.json');

export const readSupplies = async (directory: string): Promise<Supplies> => {
  const text = await textOf(fileOf(directory));
  if (text === undefined) return { mirror: {}, images: [] };
  try {
    return JSON.parse(text) as Supplies;
  } catch (error) {
    const next = 'Remove it and run the command again: it is made anew';
    throw new LocalWorldError(`${fileOf(directory)} is damaged`, next, error);
  }
};

/** Adds to what is there; a path or an image that is named again is as said now. */
export const addSupplies = async (directory: string, more: Supplies): Promise<void> => {
  const before = await readSupplies(directory);
  const images = new Map([...before.images, ...more.images].map((image) => [image.image, image]));
  const after: Supplies = { mirror: { ...before.mirror, ...more.mirror }, images: [...images.values()] };
  const text = `${JSON.stringify(after, null, 2)}\n`;
  if (text === (await textOf(fileOf(directory)))) return;
  await mkdir(directory, { recursive: true });
  await writeFile(`${fileOf(directory)}.tmp`, text);
  await rename(`${fileOf(directory)}.tmp`, fileOf(directory));
};
