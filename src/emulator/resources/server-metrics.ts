import { metricsResponseSchema } from '../../hetzner/wire/server-requests.ts';
import { invalidInput } from '../errors.ts';
import { randomness } from '../random.ts';
import { type Route, route } from '../router.ts';
import { rowOf } from './shared.ts';

/*
 * docs.hetzner.cloud, server metrics: at most 500 samples, 30 days back. The values are made up: each is drawn from
 * the server's id, the series and the sample's time, so the same question always has the same answer.
 */
const seriesOf: Readonly<Record<string, readonly (readonly [name: string, ceiling: number])[]>> = {
  cpu: [['cpu', 100]],
  disk: [
    ['disk.0.iops.read', 400],
    ['disk.0.iops.write', 400],
    ['disk.0.bandwidth.read', 5e6],
    ['disk.0.bandwidth.write', 5e6],
  ],
  network: [
    ['network.0.pps.in', 900],
    ['network.0.pps.out', 900],
    ['network.0.bandwidth.in', 1e6],
    ['network.0.bandwidth.out', 1e6],
  ],
};
const samplesMost = 500;

export interface MetricsQuestion {
  readonly start: number;
  readonly end: number;
  readonly step: number;
  readonly types: readonly string[];
}
/** Reads type, start, end and step; throws invalid_input naming what is wrong. Times are UNIX seconds. */
export const metricsQuestion = (query: URLSearchParams, known: readonly string[]): MetricsQuestion => {
  const types = query.getAll('type').flatMap((one) => one.split(','));
  if (types.length === 0 || types.some((type) => !known.includes(type)))
    throw invalidInput({ type: [`must be one or more of ${known.join(', ')}`] });
  const secondOf = (name: string): number => {
    const second = Math.floor(Date.parse(query.get(name) ?? '') / 1000);
    if (Number.isNaN(second)) throw invalidInput({ [name]: ['must be an ISO 8601 timestamp'] });
    return second;
  };
  const [start, end] = [secondOf('start'), secondOf('end')];
  if (end < start) throw invalidInput({ end: ['must not be before start'] });
  const least = Math.max(1, Math.ceil((end - start) / samplesMost));
  const asked = query.get('step') === null ? least : Number(query.get('step'));
  if (!(asked > 0)) throw invalidInput({ step: ['must be a positive number of seconds'] });
  return { start, end, step: Math.max(least, Math.floor(asked)), types };
};
export const sampleSeries = (
  { start, end, step }: MetricsQuestion,
  seed: number,
  ceiling: number,
): { values: [number, string][] } => {
  const values: [number, string][] = [];
  for (let second = start; second <= end && values.length < samplesMost; second += step)
    values.push([second, String(Math.round(randomness({ random: seed ^ second }).fraction() * ceiling * 100) / 100)]);
  return { values };
};

export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/servers/:id/metrics',
    response: metricsResponseSchema,
    handle: (context) => {
      const server = rowOf(context.world.servers, context);
      const question = metricsQuestion(context.query, Object.keys(seriesOf));
      const series = question.types.flatMap((type) => seriesOf[type] ?? []);
      const time_series = Object.fromEntries(
        series.map(([name, ceiling], index) => [name, sampleSeries(question, server.id * 31 + index, ceiling)]),
      );
      const [start = '', end = ''] = [question.start, question.end].map((second) =>
        new Date(second * 1000).toISOString(),
      );
      return { metrics: { start, end, step: question.step, time_series } };
    },
  }),
];
