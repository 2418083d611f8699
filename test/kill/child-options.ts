export const sabotages = ['no-lookup', 'no-intent', 'no-lease'] as const;
/** One safeguard is off, so that the count of what goes wrong must not be zero. */
export type Sabotage = (typeof sabotages)[number];

/** What a process of the kill test is given, as JSON in its environment. */
export interface ChildOptions {
  /** One after the other, each with what a new process would have; the first that does not end well ends them all. */
  readonly commands: readonly string[];
  /** Of the emulated cloud, without `/v1`. */
  readonly cloud: string;
  readonly token: string;
  /** The file of the shared time. */
  readonly time: string;
  /** infra.yaml. */
  readonly config: string;
  readonly host: string;
  readonly seed: number;
  readonly sabotage: Sabotage | null;
}

/** Between the outputs of two commands. */
export const commandEnds = '\u001e';
