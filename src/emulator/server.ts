import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';

export interface EmulatorServer {
  /** `http://127.0.0.1:PORT`, without `/v1`. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves an emulator's fetch on the loopback interface. Where a reply is lost the socket is destroyed, so that the
 * client sees what it would see. A bug of the emulator is a 500 whose text goes to `onBug`.
 * Rejects when the port is taken (EADDRINUSE).
 */
export const serveEmulator = (
  fetch: (request: Request) => Promise<Response>,
  { port = 0, onBug }: { port?: number; onBug?: (error: unknown) => void } = {},
): Promise<EmulatorServer> => {
  const server = createAdaptorServer({
    overrideGlobalObjects: false,
    fetch: async (request, { outgoing }) => {
      try {
        return await fetch(request);
      } catch (error) {
        if (error instanceof TypeError && error.message === 'fetch failed') {
          outgoing.destroy();
          return RESPONSE_ALREADY_SENT;
        }
        onBug?.(error);
        const message = error instanceof Error ? error.message : String(error);
        return Response.json({ error: { code: 'server_error', message, details: null } }, { status: 500 });
      }
    },
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      const { port: bound } = server.address() as AddressInfo;
      resolve({
        url: `http://127.0.0.1:${bound}`,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            if ('closeAllConnections' in server) server.closeAllConnections();
          }),
      });
    });
  });
};
