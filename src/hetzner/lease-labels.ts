import type { Labels } from '../domain/labels.ts';
import { labelNames } from '../domain/labels.ts';

/*
 * A lease document in the labels of an object. Values are at most 63 characters of `A-Za-z0-9-_.` with a letter or digit
 * at both ends [reference C, "Labels"], so the text goes base64url in pieces between two letters.
 */
const pieceLength = 61;

/** No name of an environment: such an object is nobody's resource (domain/ownership.ts), and no plan depends on it. */
export const leaseEnvironment = 'lease';

export const labelsOf = (project: string, text: string): Labels => {
  const encoded = Buffer.from(JSON.stringify(JSON.parse(text))).toString('base64url');
  const pieces = encoded.match(new RegExp(`.{1,${pieceLength}}`, 'g')) ?? [];
  return {
    [labelNames.project]: project,
    [labelNames.environment]: leaseEnvironment,
    ...Object.fromEntries(pieces.map((piece, nth) => [pieceName(nth), `x${piece}x`])),
  };
};

/** As it was given to `labelsOf`; undefined: these labels hold no lease of this project. */
export const textOf = (project: string, labels: Labels): string | undefined => {
  if (labels[labelNames.project] !== project || labels[labelNames.environment] !== leaseEnvironment) return undefined;
  let encoded = '';
  for (let nth = 0; labels[pieceName(nth)] !== undefined; nth += 1) encoded += labels[pieceName(nth)]?.slice(1, -1);
  const text = Buffer.from(encoded, 'base64url').toString('utf8');
  try {
    return `${JSON.stringify(JSON.parse(text), null, 2)}\n`;
  } catch {
    // Whoever reads it says that it is no lease; taking it for none would let a second run in.
    return text;
  }
};

const pieceName = (nth: number): string => `lease-${nth}`;
