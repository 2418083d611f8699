/** A preview's place among those that infra.yaml allows; kept in the state `shared`, taken and freed by compare-and-swap. */
export interface Place {
  /** Run that took it. */
  readonly run: string;
  readonly holder: string;
  /** ISO 8601. */
  readonly at: string;
}
/** By environment: `pr-7`. */
export type Places = Readonly<Record<string, Place>>;
