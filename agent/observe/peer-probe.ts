/**
 * Tries the servers of other nodes, as a witness of whether they take connections (docs/decisions/0032): a node's own word that it is off,
 * or that it leads, is not enough. Asks for TLS and hangs up at the first byte of the answer: no login, no session, nothing in the log.
 */
import { connect } from 'node:net';
import type { PostgresObservation } from '../../lib/agent-contract/observation.ts';
import { PEER_CONNECTIONS_MAX } from '../../lib/agent-contract/peer-connection.ts';
import type { PeerConnection } from '../../lib/agent-contract/peer-connection.ts';
import type { AgentConfig } from '../config.ts';

/** Above the round trip of distant regions. */
const ANSWER_WITHIN_MS = 1_500;
export const TRY_AGAIN_MS = 2_000;
/** A standby that has heard nothing for so long doubts its upstream. */
const SILENT_MS = 2_500;
/** Length 8 and the code of SSLRequest; a server answers with one byte. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

type Peers = AgentConfig['peers'];

/** Resolves to how a new connection ends. A reset before the first byte is a refusal too: a forwarder accepts first and then finds nobody. Never throws. */
export function tryServer(host: string, port: number, withinMs = ANSWER_WITHIN_MS): Promise<PeerConnection['answer']> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, noDelay: true });
    const end = (answer: PeerConnection['answer']): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => end('no-answer'), withinMs);
    socket.on('connect', () => socket.write(SSL_REQUEST));
    socket.on('data', () => end('answers'));
    socket.on('error', ({ code }: NodeJS.ErrnoException) =>
      end(code === 'ECONNREFUSED' || code === 'ECONNRESET' ? 'refused' : 'no-answer'),
    );
    // Closed in good order without a word: a server that is overloaded does that as well.
    socket.on('close', () => end('no-answer'));
  });
}

/** All of them at once. */
export async function tryPeers(peers: Peers, withinMs = ANSWER_WITHIN_MS): Promise<PeerConnection[]> {
  const tried = Object.entries(peers)
    .slice(0, PEER_CONNECTIONS_MAX)
    .map(async ([name, { host, hostaddr, port }]): Promise<PeerConnection> => {
      const answer = await tryServer(hostaddr ?? host, port, withinMs);
      const at = new Date().toISOString();
      return { name, answer, at, since: at };
    });
  return Promise.all(tried);
}

/** A standby that receives nothing, and a primary from which nobody streams: another node may be down, or lead. */
export function isInDoubt(postgres: PostgresObservation | null, nowMs: number): boolean {
  if (postgres === null) return false;
  if (!postgres.inRecovery) return postgres.downstreams.length === 0;
  const { walReceiver } = postgres;
  if (walReceiver?.status !== 'streaming') return true;
  const heardAt = walReceiver.lastMessageReceivedAt;
  return heardAt !== null && nowMs - Date.parse(heardAt) > SILENT_MS;
}

/** Remembers the last answers; tries again only while there is doubt. */
export class PeerProbe {
  readonly #peers: Peers;
  #latest: PeerConnection[] | undefined;
  #triedAtMs = Number.NEGATIVE_INFINITY;
  #isTrying = false;

  constructor(peers: Peers) {
    this.#peers = peers;
  }

  /** For an observation; absent while there is nothing to doubt. Starts the next try when it is due, and does not wait for it. */
  look(postgres: PostgresObservation | null, nowMs: number): PeerConnection[] | undefined {
    if (!isInDoubt(postgres, nowMs) || Object.keys(this.#peers).length === 0) {
      this.#latest = undefined;
      return undefined;
    }
    if (!this.#isTrying && performance.now() - this.#triedAtMs >= TRY_AGAIN_MS) void this.#try();
    return this.#latest;
  }

  async #try(): Promise<void> {
    this.#isTrying = true;
    this.#triedAtMs = performance.now();
    const before = this.#latest ?? [];
    const tried = await tryPeers(this.#peers);
    this.#latest = tried.map((now) => ({
      ...now,
      since: before.find(({ name, answer }) => name === now.name && answer === now.answer)?.since ?? now.since,
    }));
    this.#isTrying = false;
  }
}
