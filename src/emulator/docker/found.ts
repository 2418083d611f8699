import { z } from 'zod';
import { ofWorld } from './names.ts';
import { type Engine, type FoundContainer, labelNames } from './types.ts';

const containerSchema = z.looseObject({
  Id: z.string(),
  Name: z.string(),
  State: z.looseObject({
    Status: z.enum(['created', 'running', 'exited', 'paused', 'restarting', 'removing', 'dead']),
    ExitCode: z.number(),
    StartedAt: z.string(),
  }),
  Config: z.looseObject({ Labels: z.record(z.string(), z.string()).nullish() }),
  NetworkSettings: z.looseObject({
    Networks: z
      .record(
        z.string(),
        z.looseObject({
          IPAddress: z.string().default(''),
          IPAMConfig: z.looseObject({ IPv4Address: z.string().optional() }).nullish(),
        }),
      )
      .nullish(),
  }),
});

/** Every container of this world: two calls, however many there are. */
export const findContainers = async (engine: Engine, world: string): Promise<FoundContainer[]> => {
  const ids = linesOf(await engine.run(['ps', '-aq', '--no-trunc', ...ofWorld(world)]));
  if (ids.length === 0) return [];
  // One that went since is missing in the answer, and the exit status says so; what is there is answered all the same.
  const { stdout } = await engine.attempt(['inspect', '--type', 'container', ...ids]);
  return z.array(containerSchema).parse(JSON.parse(stdout)).map(foundOf);
};
const foundOf = ({ Id, Name, State, Config, NetworkSettings }: z.infer<typeof containerSchema>): FoundContainer => {
  const labels = Config.Labels ?? {};
  // Never started: year 1.
  const started = Date.parse(State.StartedAt);
  return {
    id: Id,
    name: Name.replace(/^\//, ''),
    kind: labels[labelNames.kind] ?? '',
    thing: labels[labelNames.id] ?? '',
    state: State.Status,
    labels,
    startedAt: Number.isFinite(started) && started > 0 ? started : 0,
    exitCode: State.ExitCode,
    networks: Object.fromEntries(
      Object.entries(NetworkSettings.Networks ?? {}).map(([name, { IPAddress, IPAMConfig }]) => [
        name,
        IPAMConfig?.IPv4Address || IPAddress,
      ]),
    ),
  };
};

/** `server 1000001`, `balancer 6000001` of every container that runs: the cheapest look there is. */
export const runningThings = async (engine: Engine, world: string): Promise<ReadonlySet<string>> => {
  const format = `{{.Label "${labelNames.kind}"}} {{.Label "${labelNames.id}"}}`;
  return new Set(linesOf(await engine.run(['ps', ...ofWorld(world), '--format', format])));
};

export const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
