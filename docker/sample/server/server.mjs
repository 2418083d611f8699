import { createServer } from 'node:http';
import { createMetrics } from './metrics.mjs';

const { PORT = '3000', APP_VERSION: version = 'dev', DOMAIN: domain = 'localhost' } = process.env;
const startedAt = Date.now();
/** Less than the job's kill_timeout: what is still open then is cut off by us, not by a signal. */
const patienceMs = 15_000;

/** Which secrets have arrived; never what they are. */
const secrets = Object.fromEntries(
  ['DATABASE_URL', 'JWT_SECRET'].map((name) => [name, process.env[name] !== undefined]),
);

/** Path to answer. Nomad and the ingress ask the health paths; both say which build answers. */
const health = () => ({ status: 'ok', version, uptimeSeconds: Math.round((Date.now() - startedAt) / 1000) });
const metrics = createMetrics(version);
const answers = {
  '/health': health,
  '/api/health': health,
  '/api': () => ({ message: 'hello', domain, version, secrets }),
};

let leaving = false;
const server = createServer((request, response) => {
  const beganAt = performance.now();
  const path = (request.url ?? '/').replace(/\?.*/, '');
  const known = path === '/metrics' || Object.hasOwn(answers, path);
  response.once('finish', () =>
    metrics.record(
      known ? request.method : 'ANY',
      known ? path : 'other',
      response.statusCode,
      performance.now() - beganAt,
    ),
  );
  if (path === '/metrics') {
    response.writeHead(200, {
      'content-type': 'text/plain; version=0.0.4; charset=utf-8',
      'cache-control': 'no-store',
    });
    response.end(metrics.text());
    return;
  }
  const answer = Object.hasOwn(answers, path) ? answers[path] : undefined;
  const [status, body] = answer === undefined ? [404, { error: `no such path: ${path}` }] : [200, answer()];
  response.writeHead(status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'x-app-version': version,
    ...(leaving ? { connection: 'close' } : {}),
  });
  response.end(JSON.stringify(body));
});
server.listen(Number(PORT), () => console.log(JSON.stringify({ event: 'listening', port: Number(PORT), version })));

const leave = (signal) => {
  leaving = true;
  console.log(JSON.stringify({ event: 'leaving', signal }));
  server.close(() => process.exit(0));
  server.closeIdleConnections();
  setTimeout(() => process.exit(1), patienceMs).unref();
};
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => leave(signal));
