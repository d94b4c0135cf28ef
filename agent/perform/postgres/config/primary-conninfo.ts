/** How this node connects to another one: from its own configuration only, passwords by passfile only. */
import type { AgentConfig } from '../../../config.ts';
import { parseConninfo } from '../../../observe/conninfo.ts';
import { PerformRefused } from '../../performer.ts';

/** A dead peer is noticed within about ten seconds, also when it goes without a word. */
const KEEPALIVES = {
  connect_timeout: '5',
  keepalives_idle: '5',
  keepalives_interval: '2',
  keepalives_count: '3',
  tcp_user_timeout: '10000',
};

const quote = (value: string): string => (/^[\w./:-]+$/.test(value) ? value : `'${value.replace(/['\\]/g, '\\$&')}'`);

export const conninfoText = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${quote(value)}`)
    .join(' ');

function peerOf(config: AgentConfig, name: string): AgentConfig['peers'][string] {
  const peer = config.peers[name];
  if (peer === undefined) {
    const known = Object.keys(config.peers);
    throw new PerformRefused(
      'not-configured',
      `This agent knows no address of ${name}${known.length === 0 ? '' : ` (it knows ${known.join(', ')})`}. Add [peers.${name}] with host and port to its configuration and restart it.`,
    );
  }
  return peer;
}

function connectionValues(config: AgentConfig, peerName: string, user: string, applicationName: string): Record<string, string> {
  const peer = peerOf(config, peerName);
  const { passfile, sslmode, sslrootcert, sslcert, sslkey } = config.replication;
  const optional = { hostaddr: peer.hostaddr, passfile, sslrootcert, sslcert, sslkey };
  const present = Object.entries(optional).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  return {
    host: peer.host,
    ...Object.fromEntries(present),
    port: String(peer.port),
    user,
    application_name: applicationName,
    sslmode,
    ...KEEPALIVES,
  };
}

/** For `primary_conninfo`. @throws {PerformRefused} when the peer is not in the configuration. */
export const replicationConninfo = (config: AgentConfig, nodeName: string, upstream: string): string =>
  conninfoText(connectionValues(config, upstream, config.replication.user, nodeName));

/** For pg_basebackup: over a slow link its files may keep the answers of its WAL stream waiting for longer than a stream may be silent. */
export const copyConninfo = (config: AgentConfig, nodeName: string, source: string): string =>
  conninfoText({ ...connectionValues(config, source, config.replication.user, nodeName), options: '-c wal_sender_timeout=60s' });

/** For pg_rewind and for asking the source how it stands. */
export const rewindConninfo = (config: AgentConfig, nodeName: string, source: string): string =>
  conninfoText({ ...connectionValues(config, source, config.replication.rewind_user, `farshore-rewind ${nodeName}`), dbname: 'postgres' });

/** The peer that a connection string leads to; `null` = none that is known. */
export function peerNameOf(config: AgentConfig, conninfo: string): string | null {
  const pairs = parseConninfo(conninfo);
  const port = Number(pairs['port'] ?? 5432);
  const hosts = new Set([pairs['host'], pairs['hostaddr']].filter((value): value is string => value !== undefined && value !== ''));
  const found = Object.entries(config.peers).find(
    ([, peer]) => peer.port === port && (hosts.has(peer.host) || (peer.hostaddr !== undefined && hosts.has(peer.hostaddr))),
  );
  return found?.[0] ?? null;
}
