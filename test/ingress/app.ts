import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';

/** An application: says who it is, what it was asked and with which headers; its health can be switched. */
export interface App {
  readonly port: number;
  healthy: boolean;
  /** Headers added to every answer. */
  headers: Record<string, string>;
  end(): Promise<void>;
}

export const createApp = async (name: string): Promise<App> => {
  const state = { healthy: true, headers: {} as Record<string, string> };
  const server = createServer(async (request, reply) => {
    if (request.url === '/health') {
      reply.writeHead(state.healthy ? 200 : 500).end('health');
      return;
    }
    // Under way while the world changes: `/slow` takes three seconds.
    if (request.url?.endsWith('/slow')) await new Promise((resolve) => setTimeout(resolve, 3000));
    try {
      for await (const _piece of request);
    } catch {
      // The one who asks has gone away; so does the answer.
      return;
    }
    reply.writeHead(200, { 'content-type': 'application/json', ...state.headers });
    reply.end(JSON.stringify({ app: name, path: request.url, headers: request.headers }));
  });
  const upgraded = new Set<Duplex>();
  server.on('upgrade', (_request, socket) => {
    upgraded.add(socket);
    socket.on('error', () => socket.destroy());
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return Object.assign(state, {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    end: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        for (const socket of upgraded) socket.destroy();
      }),
  });
};
