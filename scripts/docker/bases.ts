import { baseOf, hasImage, programOf, pulled } from '../../src/emulator/docker/app-images-base.ts';
import { standInFor } from '../../src/emulator/docker/app-images-standin.ts';
import type { Engine } from '../../src/emulator/docker/types.ts';

/**
 * Arguments of docker build for this Dockerfile. None where its base is there or can be pulled; else programs of this
 * machine stand in: that of the image for BASE, node with npm for BUILD.
 */
export const baseArguments = async (
  engine: Engine,
  dockerfile: string,
  env: Readonly<Record<string, string | undefined>>,
  say: (text: string) => void,
): Promise<string[]> => {
  const given = passedOn.flatMap((name) => (env[name] ? ['--build-arg', `${name}=${env[name]}`] : []));
  const base = baseOf(dockerfile);
  if (base === undefined || env['BASE']) return given;
  if (await hasImage(engine, base)) return given;
  const { ok, why } = await pulled(engine, base);
  if (ok) return given;
  const program = programOf(dockerfile);
  const standIn = program === undefined ? undefined : await standInFor(program, env);
  if (standIn === undefined) {
    const lacks =
      program === undefined
        ? ''
        : `, and no ${program} of this machine can stand in: ${program.toUpperCase()}_BIN names one`;
    say(`${base} can't be pulled (${why})${lacks}`);
    return given;
  }
  say(`${base} can't be pulled (${why}): this machine's ${standIn.program} stands in for it`);
  const tools = await standInFor('node', env, true);
  if (tools === undefined) say('there is no npm on this machine: what needs a build stays plain');
  for (const one of [standIn, ...(tools === undefined ? [] : [tools])])
    if (!(await hasImage(engine, one.tag))) await one.make(engine);
  const build = tools === undefined ? [] : ['--build-arg', `BUILD=${tools.tag}`];
  return [...given, '--build-arg', `BASE=${standIn.tag}`, ...build];
};

/** What a build may be told by the environment: another base, another registry of npm, proxies. */
const passedOn = ['BASE', 'BUILD', 'NPM_CONFIG_REGISTRY', 'http_proxy', 'https_proxy', 'no_proxy'];
