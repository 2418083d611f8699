import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect as tlsConnect } from 'node:tls';
import type { Clock } from '../ports/clock.ts';
import type { MachineTarget } from '../ports/machines.ts';
import { channelSocket } from './channel-socket.ts';
import { type Connection, openChannel } from './connect.ts';
import type { Connections } from './connections.ts';
import { within } from './deadline.ts';
import { UnreachableError } from './errors.ts';

/** Agents for one server and one CA. `kept` shares channels among requests; `fresh` never reuses one. */
export interface Tunnel {
  readonly http: { readonly kept: HttpAgent; readonly fresh: HttpAgent };
  readonly https: { readonly kept: HttpsAgent; readonly fresh: HttpsAgent };
  readonly close: () => void;
}

export interface TunnelDeps {
  readonly connections: Connections;
  readonly clock: Clock;
  readonly target: MachineTarget;
  readonly ca: string | undefined;
}

const channelMs = 10_000;

/** ssh2's own agents open a new SSH connection for each socket; these open a channel on the one there is. */
export const createTunnel = (deps: TunnelDeps): Tunnel => {
  const http = (keepAlive: boolean) => {
    const agent = new HttpAgent({ keepAlive });
    return through(agent, (host, port, ready) => dial(deps, host, port).then((socket) => ready(null, socket), ready));
  };
  const https = (keepAlive: boolean) => {
    const agent = new HttpsAgent({ keepAlive });
    return through(agent, (host, port, ready) =>
      dial(deps, host, port).then((socket) => ready(null, secure(socket, host, deps.ca)), ready),
    );
  };
  const agents = { http: { kept: http(true), fresh: http(false) }, https: { kept: https(true), fresh: https(false) } };
  const all = [agents.http.kept, agents.http.fresh, agents.https.kept, agents.https.fresh];
  return { ...agents, close: () => all.forEach((agent) => void agent.destroy()) };
};

type Ready = (error: Error | null, socket?: Duplex) => void;
type Dial = (host: string, port: number, ready: Ready) => void;

const through = <A extends HttpAgent>(agent: A, open: Dial): A => {
  const createConnection = (options: { host?: string; port?: number | string }, ready: Ready): undefined => {
    open(options.host ?? '', Number(options.port), ready);
    return undefined;
  };
  return Object.assign(agent, { createConnection });
};

/** The certificate must be signed by `ca` and name the host we asked for; no environment variable turns that off. */
const secure = (socket: Duplex, host: string, ca: string | undefined): Duplex =>
  tlsConnect({
    socket,
    host,
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    ALPNProtocols: ['http/1.1'],
    ...(ca === undefined ? {} : { ca }),
  });

/** A connection from the server itself to host and port, which may be its own loopback. */
const dial = ({ connections, clock, target }: TunnelDeps, host: string, port: number): Promise<Duplex> =>
  connections.use(target, (connection) => forward(connection, clock, host, port));

const forward = (connection: Connection, clock: Clock, host: string, port: number): Promise<Duplex> => {
  const { server } = connection;
  const opened = openChannel(
    connection,
    (client, done) => client.forwardOut('127.0.0.1', 0, host, port, done),
    (error) => {
      const reason = error.message.replace('(SSH) Channel open failure: ', '') || 'connection refused';
      return new Error(`${server} port ${port}: ${reason}`, { cause: error });
    },
  ).then(channelSocket);
  return within(opened, {
    clock,
    ms: channelMs,
    late: () => {
      connection.end();
      return new UnreachableError(server, `no channel to port ${port} within ${channelMs / 1000} s`);
    },
  });
};
