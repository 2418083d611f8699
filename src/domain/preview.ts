/** What infra.yaml says of previews as a whole (`environments.pr`). */
export interface PreviewPolicy {
  /** Places there are; MAX_PR_ENVIRONMENTS. */
  readonly max: number;
  /** Of one author; absent: as many as there are places. */
  readonly maxPerAuthor?: number;
  /** Of all previews together, euro cents a month, gross; absent: no bound but `max`. */
  readonly budgetCents?: number;
  /** After its last activity a preview is destroyed. */
  readonly ttlMs: number;
  /** After so long without activity its jobs stop (pool), or its server goes (server); absent: never before the TTL. */
  readonly idleStopMs?: number;
  /** Whether a preview that nobody works on makes room for one that waits. */
  readonly atCap: 'wait' | 'evict-oldest-idle';
  readonly mode: PreviewMode;
  /** `commit`: a preview runs images that were built for its head commit, and waits for them; `configured`: those of infra.yaml. */
  readonly images: 'commit' | 'configured';
}

/** server: each preview has a server of its own; pool: previews are jobs on servers that they share. */
export const previewModes = ['server', 'pool'] as const;
export type PreviewMode = (typeof previewModes)[number];

/** Image by job name: `{ server: 'docker.io/acme/shop-server@sha256:…' }`. */
export type Images = Readonly<Record<string, string>>;

/** Somebody's word about one commit, or about one pull request. */
export interface Said {
  /** Login at the code host. */
  readonly by: string;
  /** ISO 8601. */
  readonly at: string;
}

/**
 * What is remembered of one pull request between looks: what people said and what was shown to them. Everything else is
 * looked up anew each time. Lies in the state `shared`, changed by compare-and-swap.
 */
export interface PreviewRecord {
  readonly author: string;
  /** How the pull request was when it was looked at last; a push or a reopening whose event was lost shows by it. */
  readonly seen?: { readonly sha: string; readonly state: 'open' | 'draft' | 'closed'; readonly at: string };
  /** Our comment asks to approve this head commit since then; a plain `/deploy` means it, and no later one. */
  readonly asked?: { readonly sha: string; readonly at: string };
  /**
   * Who does not write to the repository gets this very commit deployed, and nothing else. Ends with `/destroy`, when its
   * time is over, and with a pull request that is closed or a draft: none of these does a stranger undo.
   */
  readonly approved?: Said & { readonly sha: string };
  /** By `/destroy`: nothing is made until somebody says `/deploy` or `/redeploy`, or the pull request is reopened. */
  readonly dismissed?: Said;
  /** The last `/deploy`, `/redeploy` or reopening: a `/destroy` that was said before it and comes late changes nothing. */
  readonly wantedAt?: string;
  /** Images that were built for a commit, told by the workflow that pushed them. */
  readonly built?: { readonly sha: string; readonly images: Images; readonly at: string };
  /** The workflow that should have built them ended otherwise; a sentence. */
  readonly unbuilt?: { readonly sha: string; readonly message: string; readonly at: string };
  /** What answers now, or did last. */
  readonly deployed?: { readonly sha: string; readonly images: Images; readonly at: string };
  /** Last attempt, when it failed: it is not tried again for the same commit by itself before this moment. */
  readonly failed?: { readonly sha: string; readonly message: string; readonly at: string; readonly tries: number };
  /** When it was first made since it was last gone: cost so far counts from here. */
  readonly startedAt?: string;
  /** Gross cents a month, by the prices of when it was looked up last. */
  readonly monthlyCents?: number;
  /** Jobs were stopped for want of activity. */
  readonly stoppedAt?: string;
  /**
   * It went because nobody had worked on it for long enough, or made room for another that waited. Until somebody pushes,
   * reopens, or says `/deploy` or `/redeploy`.
   */
  readonly ended?: { readonly because: 'expired' | 'evicted'; readonly at: string; readonly madeRoomFor?: string };
  /** Push, command, reopening, review: what TTL and idle stop count from. */
  readonly activityAt: string;
  /** The last review, or comment on its code. */
  readonly reviewedAt?: string;
  /** By `/extend`: neither TTL nor idle stop before. */
  readonly extendedUntil?: string;
  /** Wants a place and has none; first come, first served. */
  readonly waitingSince?: string;
  /** `/redeploy` that has not been carried out yet. */
  readonly redeploy?: Said;
  /** Ids at the code host. */
  readonly comment?: number;
  readonly deployment?: number;
  readonly checkRun?: { readonly id: number; readonly sha: string };
  /** Ids of comments whose commands were carried out or refused, newest last, at most 50: a doubled event says nothing new. */
  readonly answered?: readonly number[];
  /** Logins that were told that their commands are not carried out, newest last, at most 20: nobody is told twice. */
  readonly refused?: readonly string[];
  /** Fingerprints of what stands at the code host, so that nothing is written there that says what is there already. */
  readonly shown?: {
    readonly comment?: string;
    readonly deployment?: string;
    readonly check?: string;
  };
}
/** By environment: `pr-7`. */
export type Previews = Readonly<Record<string, PreviewRecord>>;
