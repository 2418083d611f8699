import { actionResponseSchema } from '../../hetzner/wire/actions.ts';
import {
  actionWithPasswordResponseSchema,
  enableRescueRequestSchema,
  requestConsoleResponseSchema,
} from '../../hetzner/wire/server-requests.ts';
import type { Server } from '../../hetzner/wire/servers.ts';
import type { Context, Kit } from '../context.ts';
import { delays } from '../durations.ts';
import { effectKind } from '../effects.ts';
import { serviceError } from '../errors.ts';
import { type Route, route } from '../router.ts';
import { boot, factsOf, halt } from '../server-machine.ts';
import { rowOf } from './shared.ts';

/* docs.hetzner.cloud, server actions: power, password, console, rescue. */
type WithServer<Data> = Data & { readonly id: number };
/** An effect on a server that still exists. */
export const serverEffect = <Data extends object>(
  name: string,
  run: (kit: Kit, server: Server, data: WithServer<Data>) => void,
) =>
  effectKind<WithServer<Data>>(name, (kit, data) => {
    const server = kit.world.servers.get(data.id);
    if (server !== undefined) run(kit, server, data);
  });

/** The server of the path, if nothing is going on with it. */
export const freeServer = (context: Context<unknown>): Server => {
  const server = rowOf(context.world.servers, context);
  context.actions.assertFree('server', server.id);
  return server;
};
export const of = (server: Server) => [{ id: server.id, type: 'server' }];

const poweredOn = serverEffect('server.on', (kit, server) => boot(kit, server));
const poweredOff = serverEffect('server.off', (kit, server) => halt(kit, server));
/** Only a running server comes up again; one that was off stays off. */
const restarted = serverEffect('server.restarted', (kit, server) => {
  if (server.status === 'running') boot(kit, server);
});
/** Takes effect only if the server was not started again meanwhile. */
const acpiDone = serverEffect<{ bootedAt: number | null }>('server.acpi-done', (kit, server, { bootedAt }) => {
  if (server.status === 'running' && factsOf(kit.world, server.id).bootedAt === bootedAt) halt(kit, server);
});
/** The action's end says only that the signal was sent: whoever needs the server off looks at its status. */
const acpiSent = serverEffect('server.acpi-sent', (kit, server) => {
  const facts = factsOf(kit.world, server.id);
  facts.shutdownAt = kit.now();
  kit.actions.later(kit.pace.shutdown, acpiDone.of({ id: server.id, bootedAt: facts.bootedAt }));
});
const passwordSet = serverEffect<{ password: string }>('server.password', (kit, server, { password }) => {
  factsOf(kit.world, server.id).rootPassword = password;
});
const rescueOver = serverEffect('server.rescue-over', (_kit, server) => {
  server.rescue_enabled = false;
});
const rescueSet = serverEffect<{ enabled: boolean }>('server.rescue', (kit, server, { enabled }) => {
  server.rescue_enabled = enabled;
  if (enabled) kit.actions.later(delays.rescue, rescueOver.of({ id: server.id }));
});
export const effects = [poweredOn, poweredOff, restarted, acpiDone, acpiSent, passwordSet, rescueOver, rescueSet];

const action = (name: string, handle: (context: Context) => object): Route =>
  route({ method: 'POST', path: `/servers/:id/actions/${name}`, response: actionResponseSchema, handle });

export const routes: readonly Route[] = [
  action('poweron', (context) => {
    const server = freeServer(context);
    const { actions } = context;
    // --- writes begin ---
    if (server.status === 'running')
      return { action: actions.start({ command: 'start_server', resources: of(server), duration: 0 }) };
    server.status = 'starting';
    const effect = poweredOn.of({ id: server.id });
    return { action: actions.start({ command: 'start_server', resources: of(server), effect }) };
  }),
  action('poweroff', (context) => {
    const server = freeServer(context);
    // --- writes begin ---
    if (server.status === 'running') server.status = 'stopping';
    const effect = poweredOff.of({ id: server.id });
    return { action: context.actions.start({ command: 'stop_server', resources: of(server), effect }) };
  }),
  action('shutdown', (context) => {
    const server = freeServer(context);
    // --- writes begin ---
    const effect = acpiSent.of({ id: server.id });
    return { action: context.actions.start({ command: 'shutdown_server', resources: of(server), effect }) };
  }),
  ...(['reboot', 'reset'] as const).map((name) =>
    action(name, (context) => {
      const server = freeServer(context);
      // --- writes begin ---
      const effect = restarted.of({ id: server.id });
      return { action: context.actions.start({ command: `${name}_server`, resources: of(server), effect }) };
    }),
  ),
  route({
    method: 'POST',
    path: '/servers/:id/actions/reset_password',
    response: actionWithPasswordResponseSchema,
    handle: (context) => {
      const server = freeServer(context);
      // It needs the guest agent of a running server; the real code of the refusal is not known.
      if (server.status !== 'running') throw serviceError('server must be running');
      // --- writes begin ---
      const password = context.random.text(20);
      const effect = passwordSet.of({ id: server.id, password });
      const started = context.actions.start({ command: 'reset_password', resources: of(server), effect });
      return { action: started, root_password: password };
    },
  }),
  route({
    method: 'POST',
    path: '/servers/:id/actions/request_console',
    response: requestConsoleResponseSchema,
    handle: (context) => {
      const server = freeServer(context);
      // --- writes begin ---
      const started = context.actions.start({ command: 'request_console', resources: of(server) });
      // A name that never resolves (RFC 2606): there is no console behind it.
      const wss_url = `wss://console.emulated.invalid/?server_id=${server.id}&token=${context.random.hex(16)}`;
      return { action: started, wss_url, password: context.random.text(12) };
    },
  }),
  route({
    method: 'POST',
    path: '/servers/:id/actions/enable_rescue',
    body: enableRescueRequestSchema,
    response: actionWithPasswordResponseSchema,
    handle: (context) => {
      const server = freeServer(context);
      for (const key of context.body.ssh_keys ?? []) context.world.sshKeys.need(key);
      // --- writes begin ---
      const effect = rescueSet.of({ id: server.id, enabled: true });
      const started = context.actions.start({ command: 'enable_rescue', resources: of(server), effect });
      return { action: started, root_password: context.random.text(20) };
    },
  }),
  action('disable_rescue', (context) => {
    const server = freeServer(context);
    // --- writes begin ---
    const effect = rescueSet.of({ id: server.id, enabled: false });
    return { action: context.actions.start({ command: 'disable_rescue', resources: of(server), effect }) };
  }),
];
