import { notFound } from './errors.ts';

/** Rows of one kind, in order of creation. Ids are numbers; rrsets use `<zone id>/<name>/<type>`. */
export interface Table<Row> {
  /** As the API's messages call one: `server`, `load balancer`. */
  readonly label: string;
  readonly size: number;
  get(key: number | string): Row | undefined;
  /** The row, or the API's own not_found. */
  need(key: number | string): Row;
  all(): Row[];
  put(key: number | string, row: Row): Row;
  delete(key: number | string): void;
  /** A fresh id, never given again. */
  nextId(): number;
}
export interface SavedTable<Row> {
  nextId: number;
  rows: [number | string, Row][];
}
export interface StoredTable<Row> extends Table<Row> {
  save(): SavedTable<Row>;
  load(saved: SavedTable<Row>): void;
}

/** `firstId` differs per kind, so that an id of one kind mistaken for another finds nothing. */
export const createTable = <Row>(label: string, firstId: number): StoredTable<Row> => {
  const rows = new Map<number | string, Row>();
  let next = firstId;
  return {
    label,
    get size() {
      return rows.size;
    },
    get: (key) => rows.get(key),
    need: (key) => {
      const row = rows.get(key);
      if (row === undefined) throw notFound(label, key);
      return row;
    },
    all: () => [...rows.values()],
    put: (key, row) => {
      rows.set(key, row);
      return row;
    },
    delete: (key) => {
      rows.delete(key);
    },
    nextId: () => next++,
    save: () => ({ nextId: next, rows: [...rows] }),
    load: (saved) => {
      rows.clear();
      for (const [key, row] of saved.rows) rows.set(key, row);
      next = saved.nextId;
    },
  };
};
