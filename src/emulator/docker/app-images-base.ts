import { standInFor } from './app-images-standin.ts';
import type { Env } from './binaries-find.ts';
import type { Engine } from './types.ts';

/*
 * What images of jobs are built on. The official base where it is there or can be pulled; else a stand-in of one program
 * of this host, the libraries it names and a shell: enough for a Dockerfile that does without a package manager.
 */
const pullMs = 90_000;

export interface Base {
  readonly image: string;
  /** Said once: images on a stand-in are not what the real cloud would run. */
  readonly notice?: string;
}

/** `ARG BASE=alpine:3.22` of a Dockerfile; undefined: it takes no other base. */
export const baseOf = (dockerfile: string): string | undefined => /^ARG\s+BASE=(\S+)/m.exec(dockerfile)?.[1];

/** `node` of `CMD ["node", "server.mjs"]`: what its image runs, so what a base of any name has to have. */
export const programOf = (dockerfile: string): string | undefined =>
  [...dockerfile.matchAll(/^CMD\s+\[\s*"([a-z]+)"/gm)].at(-1)?.[1];

export const hasImage = async (engine: Engine, image: string): Promise<boolean> =>
  (await engine.attempt(['image', 'inspect', '--format', '{{.Id}}', image])).code === 0;

/** Whether the image is there now. `why`: the last line of what the engine said about it. */
export const pulled = async (engine: Engine, image: string): Promise<{ ok: boolean; why: string }> => {
  const { code, stderr } = await engine
    .attempt(['pull', '-q', image], { timeoutMs: pullMs })
    .catch((error: Error) => ({ code: 1, stderr: error.message }));
  return { ok: code === 0, why: stderr.trim().split('\n').at(-1) ?? '' };
};

/** Undefined: neither the base nor anything in its place can be had. `program`: what the image runs. */
export const findBase = async (
  engine: Engine,
  wanted: string,
  env: Env,
  program: string | undefined,
): Promise<Base | undefined> => {
  if (await hasImage(engine, wanted)) return { image: wanted };
  const name = standInProgram(wanted, program);
  const standIn = name === undefined ? undefined : await standInFor(name, env);
  // What was made before because nothing could be pulled serves again, without asking a registry each time.
  if (standIn !== undefined && (await hasImage(engine, standIn.tag))) return { image: standIn.tag };
  if ((await pulled(engine, wanted)).ok) return { image: wanted };
  if (standIn === undefined) return undefined;
  await standIn.make(engine);
  return { image: standIn.tag, notice: `${wanted} can't be pulled: this host's ${name} stands in for it` };
};

/** `node:24-alpine` is for a node, `alpine` for whatever runs on it: programs other than these two are not known here. */
const standInProgram = (base: string, runs: string | undefined): string | undefined =>
  [/(?:^|\/)(node|caddy)(?::|@|$)/.exec(base)?.[1], runs].find((one) => one === 'node' || one === 'caddy');
