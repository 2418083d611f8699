import { metricsResponseSchema } from '../../hetzner/wire/server-requests.ts';
import { type Route, route } from '../router.ts';
import { metricsQuestion, sampleSeries } from './server-metrics.ts';
import { rowOf } from './shared.ts';

/* docs.hetzner.cloud, load balancer metrics. Values are made up, the same for the same question, as for servers. */
const seriesOf: Readonly<Record<string, readonly (readonly [name: string, ceiling: number])[]>> = {
  open_connections: [['open_connections', 500]],
  connections_per_second: [['connections_per_second', 50]],
  requests_per_second: [['requests_per_second', 200]],
  bandwidth: [
    ['bandwidth.in', 1e6],
    ['bandwidth.out', 5e6],
  ],
};

export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/load_balancers/:id/metrics',
    response: metricsResponseSchema,
    handle: (context) => {
      const { id } = rowOf(context.world.loadBalancers, context);
      const question = metricsQuestion(context.query, Object.keys(seriesOf));
      const series = question.types.flatMap((type) => seriesOf[type] ?? []);
      const time_series = Object.fromEntries(
        series.map(([name, ceiling], index) => [name, sampleSeries(question, id * 31 + index, ceiling)]),
      );
      const [start = '', end = ''] = [question.start, question.end].map((second) =>
        new Date(second * 1000).toISOString(),
      );
      return { metrics: { start, end, step: question.step, time_series } };
    },
  }),
];
