/**
 * Every node of the lab has a loopback address of its own (127.R.0.N), so that ports are the usual ones and `pg_hba` can name
 * peers. A lab owns one range 127.R; several labs take several ranges.
 *
 * | address          | port       | who                                                        |
 * |------------------|------------|------------------------------------------------------------|
 * | 127.R.0.N        | 5432, 8080 | node N: PostgreSQL, and the health port of its agent       |
 * | 127.R.1.C        | 6432       | pgbouncer of cluster C                                     |
 * | 127.R.(10+F).T   | 5432       | link proxy: where peer F finds node T                      |
 * | 127.R.(10+F).250 | as given   | link proxy: where node F finds the controller              |
 * | 127.R.255.254    | 5432       | held by the lab for as long as it owns the range           |
 */
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import type { ClusterSpec } from './fleet.ts';

export const POSTGRES_PORT = 5432;
export const HEALTH_PORT = 8080;
export const POOLER_PORT = 6432;

const FIRST_RANGE = 77;
const RANGES_TRIED_MAX = 40;
const LINK_OCTET_BASE = 10;
const ENDPOINT_INDEX_BASE = 100;
const CONTROLLER_INDEX = 250;

export interface Address {
  host: string;
  port: number;
}

export function nodeAddress(range: string, index: number): string {
  return `${range}.0.${index}`;
}

export function endpointAddress(range: string, clusterIndex: number): string {
  return `${range}.1.${clusterIndex}`;
}

/** A pooler's number as a sender on the link proxy. */
export function endpointIndex(clusterIndex: number): number {
  return ENDPOINT_INDEX_BASE + clusterIndex;
}

/** Where peer `from` finds node `to`. */
export function linkAddress(range: string, from: number, to: number): string {
  return `${range}.${LINK_OCTET_BASE + from}.${to}`;
}

export function controllerLinkAddress(range: string, from: number): string {
  return linkAddress(range, from, CONTROLLER_INDEX);
}

function claimAddress(range: string): Address {
  return { host: `${range}.255.254`, port: POSTGRES_PORT };
}

/** All fixed listeners of a lab with these clusters. */
export function listeners(range: string, clusters: readonly ClusterSpec[]): Address[] {
  return clusters.flatMap((cluster) => [
    { host: endpointAddress(range, cluster.index), port: POOLER_PORT },
    ...cluster.nodes.flatMap((node) => [
      { host: nodeAddress(range, node.index), port: POSTGRES_PORT },
      { host: nodeAddress(range, node.index), port: HEALTH_PORT },
      { host: linkAddress(range, endpointIndex(cluster.index), node.index), port: POSTGRES_PORT },
      ...cluster.nodes
        .filter((peer) => peer.name !== node.name)
        .map((peer) => ({ host: linkAddress(range, peer.index, node.index), port: POSTGRES_PORT })),
    ]),
  ]);
}

export interface RangeClaim {
  range: string;
  release(): Promise<void>;
}

/**
 * Holds an address range until released. @param wanted such as `127.77`; without it the first free range. @throws naming the taken address
 * when the wanted range, or every range, is taken.
 */
export async function claimRange(clusters: readonly ClusterSpec[], wanted?: string): Promise<RangeClaim> {
  if (wanted !== undefined && !/^127\.(25[0-4]|2[0-4]\d|1?\d?\d)$/.test(wanted)) {
    throw new Error(`"${wanted}" is not an address range of the lab. Write it like 127.77 (127.1 to 127.254).`);
  }
  const candidates = wanted ? [wanted] : Array.from({ length: RANGES_TRIED_MAX }, (_, step) => `127.${FIRST_RANGE + step}`);
  let lastProblem = '';
  for (const range of candidates) {
    const attempt = await tryRange(range, clusters);
    if ('claim' in attempt) return attempt.claim;
    lastProblem = attempt.problem;
  }
  const scope = wanted
    ? `The address range ${wanted} is not free`
    : `No address range from ${candidates[0]} to ${candidates.at(-1)} is free`;
  throw new Error(
    `${scope}: ${lastProblem}. See who listens there with \`ss -ltnp\`, stop it, or give another range with --address-range 127.N.`,
  );
}

async function tryRange(range: string, clusters: readonly ClusterSpec[]): Promise<{ claim: RangeClaim } | { problem: string }> {
  const held = await listen(claimAddress(range));
  if (typeof held === 'string') return { problem: held };
  for (const address of listeners(range, clusters)) {
    const probe = await listen(address);
    if (typeof probe === 'string') {
      await close(held);
      return { problem: probe };
    }
    await close(probe);
  }
  return { claim: { range, release: () => close(held) } };
}

function listen(address: Address): Promise<Server | string> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => resolve(describeListenError(address, error)));
    server.listen({ ...address, exclusive: true }, () => {
      server.unref();
      resolve(server);
    });
  });
}

/** One sentence for a failed `listen`, naming the address. */
export function describeListenError(address: Address, error: NodeJS.ErrnoException): string {
  const where = `${address.host}:${address.port}`;
  if (error.code === 'EADDRINUSE') return `${where} is already taken`;
  if (error.code === 'EADDRNOTAVAIL') return `${where} is not an address of this machine (the lab needs all of 127.0.0.0/8, as on Linux)`;
  return `${where} can't be listened on (${error.code ?? error.message})`;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
