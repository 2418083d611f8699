import type { Images, PreviewPolicy, PreviewRecord, Previews } from '../domain/preview.ts';

/** A preview of which something is in the cloud, by labels. */
export interface ExistingPreview {
  /** `pr-7` */
  readonly environment: string;
  readonly pullRequest: number;
  /** ISO 8601, of its oldest object; null where nothing tells (a namespace). */
  readonly createdAt: string | null;
  /** Gross, by the prices of now. */
  readonly monthlyCents: number;
}

export type Deployed =
  | { readonly result: 'deployed'; readonly url: string; readonly images: Images }
  /** Nothing was begun: it is not wanted any more, as was found out right before the first change. */
  | { readonly result: 'withdrawn'; readonly because: string }
  /** No place, no stock, a guard: nothing was changed. `holders`: who has the places. */
  | { readonly result: 'blocked'; readonly message: string; readonly holders: readonly string[] }
  /** Another run is at it. */
  | { readonly result: 'held'; readonly message: string }
  | { readonly result: 'failed'; readonly message: string };

export type Removed =
  | { readonly result: 'destroyed' | 'absent' }
  | { readonly result: 'held' | 'failed' | 'blocked'; readonly message: string };

/**
 * Previews as the life cycle (src/preview) sees them: what exists, and the four things that can be done. Compose puts
 * it on top of Session; tests have a model of it. Nothing here throws for one preview's trouble: it is a result. Changes throw
 * InterruptedError once the run is told to stop.
 */
export interface PreviewWorld {
  readonly policy: PreviewPolicy;
  /** What exists in the cloud; `complete: false`: a list did not come whole, and nothing may be concluded from absence. */
  existing(): Promise<{ readonly complete: boolean; readonly previews: readonly ExistingPreview[] }>;
  /** Environments that have a place, longest first. */
  places(): Promise<readonly { readonly environment: string; readonly at: string }[]>;
  records(): Promise<Previews>;
  /** Compare-and-swap on one record, made anew to what is there after a lost race; undefined forgets it. Returns it. */
  record(
    environment: string,
    change: (before: PreviewRecord | undefined) => PreviewRecord | undefined,
  ): Promise<PreviewRecord | undefined>;
  /**
   * Converges one preview. `stillWanted` is asked after the lease and the place were taken and right before the first
   * thing is made; a sentence ends it there. `redeploy`: jobs are deployed again though nothing differs.
   */
  deploy(wanted: {
    readonly pullRequest: number;
    /** null: those of infra.yaml. */
    readonly images: Images | null;
    readonly redeploy: boolean;
    readonly stillWanted: () => Promise<string | null>;
  }): Promise<Deployed>;
  /** Idle: what costs or works stops, what is cheap to keep stays. In server mode the same as destroy. */
  stop(pullRequest: number): Promise<Removed>;
  destroy(pullRequest: number): Promise<Removed>;
  /** Lines of health, as `status` prints them. */
  status(pullRequest: number): Promise<readonly string[]>;
  /** The last lines of a job's output, secrets redacted. Throws Failure where there is no such job. */
  logs(
    pullRequest: number,
    job: string | null,
    lines: number,
  ): Promise<readonly { readonly job: string; readonly text: string }[]>;
  /** What one more preview would cost a month, gross cents. */
  monthlyCentsOfOne(): Promise<number>;
  urlOf(pullRequest: number): string;
  /** What a sweep cleans up besides previews: rules for runners that expired, pool servers past their paid hour. Lines of what it did. */
  tidy(): Promise<readonly string[]>;
}
