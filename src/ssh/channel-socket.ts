import { Duplex } from 'node:stream';
import type { ClientChannel } from 'ssh2';

/**
 * ssh2's channel as an ordinary stream. The channel itself answers `destroy` only after the other side has, and drops the
 * callback of a write after its end, both of which leave node:http and node:tls waiting.
 */
export const channelSocket = (channel: ClientChannel): Duplex => {
  let closed = false;
  const socket = new Duplex({
    allowHalfOpen: false,
    read: () => channel.resume(),
    write: (chunk, _encoding, done) => {
      if (closed || !channel.writable) done(new Error('the channel is closed'));
      else channel.write(chunk, done);
    },
    final: (done) => {
      channel.end();
      done();
    },
    destroy: (error, done) => {
      channel.destroy();
      // Unread data would hold back the channel's own end.
      channel.resume();
      done(error);
    },
  });
  channel.on('data', (chunk: Buffer) => {
    if (!socket.push(chunk)) channel.pause();
  });
  channel.on('end', () => socket.push(null));
  channel.on('error', (error: Error) => socket.destroy(error));
  channel.on('close', () => {
    closed = true;
    if (socket.writableLength > 0) socket.destroy(new Error('the channel was closed'));
    else if (!socket.readableEnded) socket.push(null);
  });
  return Object.assign(socket, netMethods(socket));
};

/** What node:http calls on the sockets it keeps; a channel has no timer and no file handle of its own. */
const netMethods = (socket: Duplex) => ({
  setKeepAlive: () => socket,
  setNoDelay: () => socket,
  setTimeout: () => socket,
  ref: () => socket,
  unref: () => socket,
  destroySoon: () => socket.destroy(),
});
