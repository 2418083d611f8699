import { createEmulator, type Emulator, type EmulatorOptions } from '../../src/emulator/emulator.ts';

/** What a request came back with. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON, or the text where it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into replies of every shape
  readonly body: any;
}
export interface Project {
  readonly emulator: Emulator;
  /** One request, `POST /servers`; the body is sent as JSON, text as it stands. */
  ask(request: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
  /** Like `ask`, but a refusal fails the test with its text. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into replies of every shape
  ok(request: string, body?: unknown): Promise<any>;
  /** `409 uniqueness_error: server name is already used` of a request that must be refused. */
  refusal(request: string, body?: unknown): Promise<string>;
  /** Lets virtual time go by. */
  wait(ms: number): Promise<void>;
  /** Until no action runs any more. */
  settled(): Promise<void>;
}

export const origin = 'http://emulated.invalid';

/** An empty project on a virtual clock; every reply is checked against its wire schema. */
export const createProject = (options: EmulatorOptions = {}): Project => {
  const emulator = createEmulator({ checkResponses: true, ...options });
  const ask: Project['ask'] = async (request, body, headers = {}) => {
    const [method = '', path = ''] = request.split(' ');
    const sent = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
    const response = await emulator.fetch(
      new Request(`${origin}${path.startsWith('/_') ? '' : '/v1'}${path}`, {
        method,
        headers: { Authorization: `Bearer ${emulator.token}`, ...headers },
        ...sent,
      }),
    );
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json') && text !== '';
    let parsed: unknown = text;
    if (isJson) {
      try {
        parsed = JSON.parse(text);
      } catch {
        parsed = text;
      }
    }
    return { status: response.status, headers: response.headers, body: parsed };
  };
  const wait = (ms: number): Promise<void> => emulator.clock.sleep(ms);
  return {
    emulator,
    ask,
    wait,
    ok: async (request, body) => {
      const reply = await ask(request, body);
      if (reply.status >= 400) throw new Error(`${request}: ${reply.status} ${JSON.stringify(reply.body)}`);
      return reply.body;
    },
    refusal: async (request, body) => {
      const reply = await ask(request, body);
      if (reply.status < 400) throw new Error(`${request} was accepted: ${reply.status}`);
      const fields = reply.body.error.details?.fields as { name: string; messages?: string[] }[] | undefined;
      const named = fields?.[0]?.messages === undefined ? '' : ` (${fields.map((field) => field.name).join(', ')})`;
      return `${reply.status} ${reply.body.error.code}: ${reply.body.error.message}${named}`;
    },
    settled: async () => {
      for (let round = 0; emulator.world.state.pending.some((one) => !one.never); round += 1) {
        if (round > 200) throw new Error('actions still run after 200 seconds of virtual time');
        await wait(1_000);
        emulator.settle();
      }
    },
  };
};

export const publicKey =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBmZk5o3S1C1cZWqKp0HjXUCe3aDFfAlUHvCkW0L4o6u test@example.invalid';
export const serverBody = (name: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  name,
  server_type: 'cx23',
  image: 'debian-12',
  location: 'nbg1',
  ...more,
});
/** A network 10.0.0.0/16 with the subnet 10.0.1.0/24; its id. */
export const aNetwork = async (project: Project, name = 'net'): Promise<number> => {
  const subnets = [{ type: 'cloud', network_zone: 'eu-central', ip_range: '10.0.1.0/24' }];
  return (await project.ok('POST /networks', { name, ip_range: '10.0.0.0/16', subnets })).network.id;
};
/** A server that has come up (or stands ready, with `start_after_create: false`); its id. */
export const aServer = async (project: Project, name = 'one', more: Record<string, unknown> = {}): Promise<number> => {
  const { server } = await project.ok('POST /servers', serverBody(name, more));
  await project.settled();
  return server.id;
};
