/**
 * The links between sites: a TCP proxy in user space. Each (from, to) pair has a listener of its own, and connects onward from the
 * sender's own address, so that the server at the other end sees who really calls.
 */
import { once } from 'node:events';
import { createServer, connect } from 'node:net';
import type { Server, Socket } from 'node:net';
import { describeListenError } from '../addresses.ts';
import type { Address } from '../addresses.ts';
import { Flow } from './flow.ts';
import { Pipe } from './pipe.ts';
import { Receiver } from './receive-buffers.ts';

export interface Route {
  from: string;
  to: string;
  listen: Address;
  target: Address;
  /** The sender's own address; `undefined` lets the kernel choose. */
  localAddress: string | undefined;
  /** Usual round trip. */
  rttMs: number;
}

interface Connection {
  from: string;
  to: string;
  close(): void;
}

export class LinkProxy {
  readonly #flows = new Map<string, Flow>();
  readonly #servers: Server[] = [];
  readonly #connections = new Set<Connection>();

  /** Opens the listener of a route. @throws naming the address when it is taken. */
  async open(route: Route): Promise<void> {
    const outward = this.#flowOf(route.from, route.to, route.rttMs / 2);
    const homeward = this.#flowOf(route.to, route.from, route.rttMs / 2);
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (socket) => {
      this.#carry(route, socket, outward, homeward);
    });
    server.listen({ ...route.listen, exclusive: true });
    try {
      await once(server, 'listening');
    } catch (error) {
      throw new Error(
        `The link from ${route.from} to ${route.to} can't be opened: ${describeListenError(route.listen, error as NodeJS.ErrnoException)}.`,
      );
    }
    server.on('error', () => undefined);
    this.#servers.push(server);
  }

  #flowOf(from: string, to: string, delayMs: number): Flow {
    const key = `${from}>${to}`;
    const flow = this.#flows.get(key) ?? new Flow(from, to, delayMs);
    this.#flows.set(key, flow);
    return flow;
  }

  /** @throws when the two have no link. */
  flow(from: string, to: string): Flow {
    const flow = this.#flows.get(`${from}>${to}`);
    if (flow === undefined) throw new Error(`There is no link between ${from} and ${to}.${this.#neighbours(from)}`);
    return flow;
  }

  #neighbours(peer: string): string {
    const names = this.flows().filter((flow) => flow.from === peer);
    return names.length > 0 ? ` ${peer} has links to: ${names.map((flow) => flow.to).join(', ')}.` : ` Peers: ${this.peers().join(', ')}.`;
  }

  flows(): Flow[] {
    return [...this.#flows.values()];
  }

  peers(): string[] {
    return [...new Set(this.flows().map((flow) => flow.from))];
  }

  /** Resets every connection between two peers at once. @returns how many. */
  reset(a: string, b: string): number {
    const between = [...this.#connections].filter(({ from, to }) => (from === a && to === b) || (from === b && to === a));
    for (const connection of between) connection.close();
    return between.length;
  }

  async close(): Promise<void> {
    for (const connection of this.#connections) connection.close();
    await Promise.all(this.#servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
  }

  /** A TCP handshake needs both ways, and one round trip; until then nothing is read from the caller. */
  #carry(route: Route, client: Socket, outward: Flow, homeward: Flow): void {
    const connection: Connection = { from: route.from, to: route.to, close: () => client.resetAndDestroy() };
    this.#connections.add(connection);
    client.once('close', () => this.#connections.delete(connection));
    client.on('error', () => client.destroy());
    let timer: NodeJS.Timeout | null = null;
    const attempt = (): void => {
      if (timer !== null || outward.cut || homeward.cut) return;
      timer = setTimeout(() => {
        timer = null;
        if (outward.cut || homeward.cut || client.destroyed) return;
        stopWaiting();
        this.#connectOnward(route, client, outward, homeward, connection);
      }, outward.delayMs + homeward.delayMs);
    };
    const stopWaiting = (): void => {
      if (timer !== null) clearTimeout(timer);
      outward.off('change', attempt);
      homeward.off('change', attempt);
    };
    client.once('close', stopWaiting);
    outward.on('change', attempt);
    homeward.on('change', attempt);
    attempt();
  }

  #connectOnward(route: Route, client: Socket, outward: Flow, homeward: Flow, connection: Connection): void {
    const receiver = new Receiver();
    const server = connect({
      ...route.target,
      onread: receiver.onread,
      ...(route.localAddress === undefined ? {} : { localAddress: route.localAddress }),
      allowHalfOpen: true,
      noDelay: true,
    });
    server.once('close', () => receiver.close());
    const refuse = (): unknown => client.resetAndDestroy();
    server.once('error', refuse);
    connection.close = () => {
      client.resetAndDestroy();
      server.resetAndDestroy();
    };
    server.once('connect', () => {
      server.off('error', refuse);
      client.removeAllListeners('error');
      const pipes = [new Pipe(outward, client, server), new Pipe(homeward, server, client, receiver)];
      const closeWhenDone = (): void => {
        // Both ends are gone: what a cut still holds back has nobody left to go to.
        const over = pipes.every((pipe) => pipe.ended) || (client.destroyed && server.destroyed);
        if (!over || (!outward.cut && !homeward.cut && !(client.destroyed && server.destroyed))) return;
        for (const pipe of pipes) pipe.close();
        client.destroy();
        server.destroy();
      };
      for (const socket of [client, server]) {
        socket.on('end', closeWhenDone);
        socket.on('close', closeWhenDone);
      }
      client.resume();
    });
  }
}
