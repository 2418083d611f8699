import type { Catalogue } from '../domain/observation.ts';

/**
 * What to send for an image. One name stands for one image per architecture, and the API's description does not say
 * which one a name picks, so the id is sent, as hcloud-go does. An id (snapshots have no name) and a name the catalogue
 * lacks go out as they are: the API's refusal then names them.
 */
export const imageReference = (
  image: string,
  architecture: 'x86' | 'arm' | undefined,
  catalogue: Catalogue,
): number | string => {
  if (/^\d+$/.test(image)) return Number(image);
  const found = catalogue.images.find((entry) => entry.name === image && entry.architecture === architecture);
  return found === undefined ? image : Number(found.id);
};

export const architectureOf = (type: string, catalogue: Catalogue): 'x86' | 'arm' | undefined =>
  catalogue.serverTypes.find(({ name }) => name === type)?.architecture;
