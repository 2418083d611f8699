import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type ParsedNode, parseDocument } from 'yaml';
import type { SourcePosition } from '../domain/environment.ts';
import type { ConfigProblem } from '../domain/errors.ts';

export type Path = readonly (string | number)[];

/** `environments.production.servers.types[0]`, as users and Environment.sources spell it. */
export const pathText = (path: Path): string =>
  path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  );

/** A parsed file whose every key and value knows its place. */
export interface ConfigDocument {
  readonly file: string;
  readonly value: unknown;
  /** Place of the value, or of its nearest existing ancestor. */
  valueAt(path: Path): SourcePosition;
  /** Place of the key itself: for keys that should not be there. */
  keyAt(path: Path): SourcePosition;
  /** Every key path of the file to the place of its value. */
  readonly positions: Readonly<Record<string, SourcePosition>>;
}

interface Place {
  readonly key: SourcePosition;
  readonly value: SourcePosition;
}

const depthMax = 12;

/** The library refuses aliases that would grow without measure, by throwing. */
const withoutBombs = (read: () => unknown): { value?: unknown; problem?: string } => {
  try {
    return { value: read() };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
};

/** YAML in, document or problems out. Duplicate keys are all told; of other syntax errors only the first is sure. */
export const readDocument = (text: string, file: string): ConfigDocument | { problems: readonly ConfigProblem[] } => {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, strict: true });
  const at = (offset: number): SourcePosition => {
    const { line, col } = counter.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const errors = document.errors.filter((error) => error.code !== 'DUPLICATE_KEY').slice(0, 1);
  const told = errors.length > 0 ? errors : document.errors;
  if (told.length > 0)
    return {
      problems: told.map((error) => ({
        ...at(error.pos[0]),
        path: '',
        message: error.code === 'DUPLICATE_KEY' ? 'this key stands twice' : `YAML: ${error.message}`,
      })),
    };

  const whole = withoutBombs(() => document.toJS({ maxAliasCount: 100 }) as unknown);
  if (whole.problem !== undefined)
    return { problems: [{ file, line: 1, column: 1, path: '', message: `YAML: ${whole.problem}` }] };

  const places = new Map<string, Place>();
  const root = at(document.contents?.range?.[0] ?? 0);
  collect(document.contents, [], { key: root, value: root });
  return {
    file,
    value: whole.value,
    valueAt: (path) => nearest(path).value,
    keyAt: (path) => nearest(path).key,
    positions: Object.fromEntries(
      [...places].filter(([path]) => path !== '').map(([path, { value }]) => [path, value]),
    ),
  };

  function collect(given: Node | ParsedNode | null, path: Path, place: Place): void {
    places.set(pathText(path), place);
    // Deeper than any key of ours; ends at an alias of its own parent.
    if (path.length > depthMax) return;
    const node = isAlias(given) ? (given.resolve(document) ?? null) : given;
    if (isMap(node)) {
      for (const { key, value } of node.items) {
        if (!isScalar(key)) continue;
        const keyPlace = at(key.range?.[0] ?? 0);
        const range = (value as Node | null)?.range;
        const valuePlace = range === undefined || range === null ? keyPlace : at(range[0]);
        collect(value as Node | null, [...path, String(key.value)], { key: keyPlace, value: valuePlace });
      }
    } else if (isSeq(node)) {
      node.items.forEach((item, index) => {
        const itemPlace = at((item as Node | null)?.range?.[0] ?? 0);
        collect(item as Node | null, [...path, index], { key: itemPlace, value: itemPlace });
      });
    }
  }

  function nearest(path: Path): Place {
    for (let length = path.length; length > 0; length -= 1) {
      const place = places.get(pathText(path.slice(0, length)));
      // A missing key is shown at the key of the mapping that should hold it.
      if (place !== undefined) return length === path.length ? place : { key: place.key, value: place.key };
    }
    return { key: root, value: root };
  }
};
