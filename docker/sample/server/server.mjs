import { createServer } from 'node:http';

const { PORT = '3000', APP_VERSION: version = 'dev', DOMAIN: domain = 'localhost' } = process.env;
const startedAt = Date.now();

/** Path to answer. Nomad and the ingress ask the health paths; both say which build answers. */
const health = () => ({ status: 'ok', version, uptimeSeconds: Math.round((Date.now() - startedAt) / 1000) });
const answers = {
  '/health': health,
  '/api/health': health,
  '/api': () => ({ message: 'hello', domain, version }),
};

const server = createServer((request, response) => {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname;
  const answer = Object.hasOwn(answers, path) ? answers[path] : undefined;
  const [status, body] = answer === undefined ? [404, { error: `no such path: ${path}` }] : [200, answer()];
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
});
server.listen(Number(PORT), () => console.log(JSON.stringify({ event: 'listening', port: Number(PORT), version })));

for (const signal of ['SIGTERM', 'SIGINT'])
  process.once(signal, () => {
    console.log(JSON.stringify({ event: 'leaving', signal }));
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
