import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** Passes connections on to a server, and can cut them all, or let them go silent. */
export class CuttingProxy {
  #server;
  /** @type {Set<import('node:net').Socket>} */
  #sockets = new Set();

  /** @param {string} address host:port of the server */
  constructor(address) {
    const [, host, port] = /** @type {RegExpMatchArray} */ (address.match(/^(.*):(\d+)$/));
    this.#server = createServer((client) => {
      const server = connect(Number(port), host.replace(/^\[|\]$/g, ''));
      this.#join(client, server);
      this.#join(server, client);
    });
  }

  /** @returns {Promise<string>} its own address */
  async listen() {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (this.#server.address()).port}`;
  }

  cut() {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** The connections there are stay open, and nothing comes through them any more. */
  silence() {
    for (const socket of this.#sockets) socket.unpipe().resume();
  }

  close() {
    this.#server.close();
    this.cut();
  }

  /** @param {import('node:net').Socket} from @param {import('node:net').Socket} to */
  #join(from, to) {
    this.#sockets.add(from);
    from.pipe(to);
    from.on('error', () => {});
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}
