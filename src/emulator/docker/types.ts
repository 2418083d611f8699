import type { World } from '../world.ts';

/*
 * The docker kind of machines. Nothing is remembered here: rows say what should be, labels on containers, networks and
 * volumes say what is, and each Part makes the second like the first. So a crash anywhere leaves only what the next
 * sync finds.
 */

export interface RunOptions {
  /** Written to the command's standard input. */
  readonly input?: string | Buffer;
  /** Bound of this call; default 60 s. */
  readonly timeoutMs?: number;
  /** Whole lines of standard output and error as they come: progress of a build. */
  readonly onLine?: (line: string) => void;
}
export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}
/** The `docker` command with arguments, never through a shell. */
export interface Engine {
  /** Its standard output. Throws LocalWorldError with the last lines of standard error when it fails or takes too long. */
  run(args: readonly string[], options?: RunOptions): Promise<string>;
  /** As `run`, but any exit status is an answer. Throws only when the command can't be started or takes too long. */
  attempt(args: readonly string[], options?: RunOptions): Promise<RunResult>;
}

/** What `docker run` needs on this engine for a container with systemd inside; see probe.ts. */
export interface EngineFlags {
  readonly cgroup: 'v1' | 'v2';
  /** Capabilities that the engine refuses: dropped from ALL. */
  readonly refused: readonly string[];
  /** Version of the engine: `20.10.24`. */
  readonly version: string;
}

/** What a world calls its things on the engine. All of them carry the labels. */
export interface WorldNames {
  /** `emulated-1a2b3c4d`. */
  readonly prefix: string;
  /** `emulated-1a2b3c4d-public`. */
  readonly publicNetwork: string;
  /** Docker network of a private network: `emulated-1a2b3c4d-wire-2000001`. */
  wire(networkId: number): string;
  /** `emulated-1a2b3c4d-server-1000001`. */
  server(serverId: number): string;
  /** `emulated-1a2b3c4d-balancer-6000001`. */
  balancer(balancerId: number): string;
  /** `emulated-1a2b3c4d-services`. */
  readonly services: string;
  /** `--label` arguments for a thing of this world. */
  labels(kind: ThingKind, id: string | number, more?: Readonly<Record<string, string>>): string[];
}
export type ThingKind = 'server' | 'balancer' | 'services' | 'public' | 'wire' | 'volumes';
export const labelNames = { world: 'emulated-cloud', kind: 'emulated-kind', id: 'emulated-id' } as const;

/** The public side of a world: a /24 with servers and load balancers from .1 upward. */
export interface PublicSide {
  /** `198.18.7.0/24`. */
  readonly range: string;
  /** `198.18.7.254`: the engine's host. */
  readonly gateway: string;
  /** `198.18.7.253`: metadata, downloads, images. */
  readonly services: string;
}

/** A container of this world, from one `docker ps` per sync. */
export interface FoundContainer {
  /** Container id, 64 hex digits. */
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  /** The row's id, as text. */
  readonly thing: string;
  readonly state: 'created' | 'running' | 'exited' | 'paused' | 'restarting' | 'removing' | 'dead';
  readonly labels: Readonly<Record<string, string>>;
  /** ms since the epoch; 0: never started. */
  readonly startedAt: number;
  /** Of the last run; 129: systemd inside asked for a reboot, 130: it powered off, 137: killed. */
  readonly exitCode: number;
  /** The engine's address by docker network, also while it is stopped (where it is fixed). */
  readonly networks: Readonly<Record<string, string>>;
}

export interface WorldContext {
  readonly world: World;
  readonly worldId: string;
  readonly names: WorldNames;
  readonly engine: Engine;
  readonly flags: EngineFlags;
  readonly publicSide: PublicSide;
  /** Tag of the machine image, built already. */
  readonly image: string;
  /** The world's directory, absolute: caches and files beside world.json. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What the engine had of this world when this sync began. */
  readonly found: readonly FoundContainer[];
  now(): number;
  progress(text: string): void;
}

/**
 * One kind of thing. Networks are there before servers, services and balancers are synced; those three run side by
 * side. A part removes what has no row; it collects its failures and throws one LocalWorldError when all else is done.
 */
export interface Part {
  sync(context: WorldContext): Promise<void>;
}
/** The balancers' part also knows what the health checks found. */
export interface BalancerPart extends Part {
  /** Asks the running balancers; called before a reading request of load balancers is answered. */
  look(context: WorldContext): Promise<void>;
  /** Of the last look; `unknown` before the first. `balancerId` is undefined where any balancer's word will do. */
  targetHealth(serverId: number, port: number, balancerId?: number): 'healthy' | 'unhealthy' | 'unknown';
}
