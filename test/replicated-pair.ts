/**
 * A small real fleet for tests of the agent's performers: one primary, streaming standbys through slots, an archive, and a pgbouncer,
 * all on loopback in one temporary directory. Servers are started with pg_ctl, as the agent does it, so that tests and performers see
 * the same kind of process. The roles are those of the lab: what passes here passes without a superuser.
 */
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { appendFileSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { Verb, VerbArgs, VerbEvidence } from '../lib/agent-contract/verbs.ts';
import { definitionOf } from '../lib/agent-contract/verbs.ts';
import { parseConfig } from '../agent/config.ts';
import type { AgentConfig } from '../agent/config.ts';
import { configuredInstance } from '../agent/instance.ts';
import { createLog } from '../agent/log.ts';
import { loadPerformer } from '../agent/perform/performers.ts';
import type { PerformContext } from '../agent/perform/performer.ts';
import { findPostmaster } from '../agent/perform/postgres/process/process-table.ts';
import { stopByForce } from '../agent/perform/postgres/process/server-process.ts';
import { createRoles } from '../lab/roles.ts';
import { patient } from '../setup/patience.ts';
import { initialiseDirectory } from './data-directories.ts';
import { freePort, postgresBinDir, serverOwner, waitFor } from './live-postgres.ts';

const run = promisify(execFile);
const PROGRAM_DEADLINE_MS = 60_000;
const COMMAND_DEADLINE_MS = 30_000;
const POOLER_NAME = 'payments-rw';

export interface FleetNode {
  name: string;
  home: string;
  dataDirectory: string;
  port: number;
  config: AgentConfig;
  /** As superuser over the Unix socket. */
  sql: (text: string, database?: string) => Promise<Record<string, unknown>[]>;
  isRunning: () => boolean;
  start: () => Promise<void>;
  /** Reason of the mark on the directory; `null` = usable. */
  mark: { reason: string | null };
  told: string[];
  /** Performs a verb as the agent would: arguments and evidence are checked against the contract. */
  perform: <V extends Verb>(verb: V, args: VerbArgs<V>, options?: PerformOptions) => Promise<VerbEvidence<V>>;
  log: () => string;
}

export interface PerformOptions {
  deadlineMs?: number;
  signal?: AbortSignal;
}

export interface ReplicatedFleet {
  directory: string;
  archive: string;
  nodes: Record<string, FleetNode>;
  primary: FleetNode;
  node: (name: string) => FleetNode;
  pooler: { name: string; port: number; configFile: string; url: string; pid: () => number | null } | null;
  stop: () => Promise<void>;
}

export interface FleetOptions {
  standbys?: readonly string[];
  pooler?: boolean;
  settings?: Readonly<Record<string, string>>;
  /** More lines of agent.toml, for each node. */
  agentToml?: (home: string) => string;
}

const PRIMARY = 'aws-use1-a';

export async function startFleet(options: FleetOptions = {}): Promise<ReplicatedFleet> {
  const names = [PRIMARY, ...(options.standbys ?? ['aws-use1-b', 'gcp-use4-a'])];
  const directory = ownedDirectory(mkdtempSync(path.join(os.tmpdir(), 'farshore-fleet-')));
  const archive = ownedDirectory(path.join(directory, 'archive'));
  const ports = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await freePort()] as const)));
  const poolerPort = await freePort();
  const ground: Ground = { directory, archive, ports, poolerPort, options };
  const nodes = Object.fromEntries(names.map((name) => [name, makeNode(ground, name)]));
  const primary = nodes[PRIMARY] as FleetNode;
  let pooler: ChildProcess | null = null;
  const stop = async (): Promise<void> => {
    if (pooler?.pid !== undefined && pooler.exitCode === null) pooler.kill('SIGKILL');
    for (const node of Object.values(nodes)) await stopByForce(node.dataDirectory, 300, 5000);
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await initialise(ground, primary);
    for (const name of names.slice(1)) await clone(ground, primary, nodes[name] as FleetNode);
    for (const name of names.slice(1)) await waitForStreaming(primary, name);
    if (options.pooler === true) pooler = await startPooler(ground);
  } catch (error) {
    await stop();
    throw error;
  }
  const configFile = path.join(directory, 'pgbouncer', 'pgbouncer.ini');
  return {
    directory,
    archive,
    nodes,
    primary,
    node: (name) => nodes[name] as FleetNode,
    pooler:
      pooler === null
        ? null
        : {
            name: POOLER_NAME,
            port: poolerPort,
            configFile,
            url: `postgres://app@127.0.0.1:${poolerPort}/app`,
            pid: () => pooler?.pid ?? null,
          },
    stop,
  };
}

interface Ground {
  directory: string;
  archive: string;
  ports: Readonly<Record<string, number>>;
  poolerPort: number;
  options: FleetOptions;
}

export const slotOf = (name: string): string => name.replaceAll('-', '_');

export async function waitForStreaming(upstream: FleetNode, standby: string): Promise<void> {
  await waitFor(
    `${standby} to stream from ${upstream.name}`,
    async () =>
      (await upstream.sql(`select 1 from pg_stat_replication where application_name = '${standby}' and state = 'streaming'`)).length > 0,
    20_000,
  );
}

function ownedDirectory(directory: string): string {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const owner = serverOwner();
  if (owner !== null) chownSync(directory, owner.uid, owner.gid);
  return directory;
}

function makeNode(ground: Ground, name: string): FleetNode {
  const home = ownedDirectory(path.join(ground.directory, name));
  ownedDirectory(path.join(home, 'state'));
  const dataDirectory = path.join(home, 'data');
  const port = ground.ports[name] as number;
  const config = parseConfig(agentToml(ground, name, home), {});
  const mark: FleetNode['mark'] = { reason: null };
  const told: string[] = [];
  const logFile = path.join(home, 'server.log');
  const sql: FleetNode['sql'] = async (text, database = 'postgres') => {
    const client = new pg.Client({ host: home, port, user: 'postgres', database, connectionTimeoutMillis: 5000 });
    client.on('error', () => undefined);
    await client.connect();
    try {
      const result: unknown = await client.query(text);
      return ((Array.isArray(result) ? result.at(-1) : result) as { rows: Record<string, unknown>[] }).rows;
    } finally {
      await client.end();
    }
  };
  const perform: FleetNode['perform'] = async (verb, args, { deadlineMs = patient(COMMAND_DEADLINE_MS), signal } = {}) => {
    const timeout = AbortSignal.timeout(deadlineMs);
    const context: PerformContext = {
      config,
      instance: configuredInstance(config),
      nodeName: name,
      clusterSlug: 'payments',
      term: 1,
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      deadlineMs,
      progress: (doing) => told.push(doing),
      directory: {
        markUnusable: (reason) => void (mark.reason = reason),
        markUsable: () => void (mark.reason = null),
        unusable: () => mark.reason,
      },
      self: { enforceLeadership: () => Promise.resolve(false), leads: () => false, cancel: () => Promise.resolve(false) },
      log: createLog((line) => told.push(line)),
    };
    const performer = await loadPerformer(verb);
    const evidence: unknown = await performer(definitionOf(verb).args.parse(args) as never, context);
    return definitionOf(verb).evidence.parse(evidence) as never;
  };
  return {
    name,
    home,
    dataDirectory,
    port,
    config,
    sql,
    isRunning: () => findPostmaster(dataDirectory) !== null,
    start: () => startServer(dataDirectory, logFile),
    mark,
    told,
    perform,
    log: () => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : ''),
  };
}

function agentToml({ directory, ports, poolerPort, options }: Ground, name: string, home: string): string {
  const others = Object.entries(ports).filter(([peer]) => peer !== name);
  const pooler = path.join(directory, 'pgbouncer');
  return [
    '[agent]',
    `state_directory = "${path.join(home, 'state')}"`,
    '[postgres]',
    `host = "${home}"`,
    `port = ${ports[name] ?? 0}`,
    `data_directory = "${path.join(home, 'data')}"`,
    `bin_directory = "${postgresBinDir()}"`,
    `log_file = "${path.join(home, 'server.log')}"`,
    '[control]',
    '[replication]',
    'sslmode = "disable"',
    ...others.flatMap(([peer, port]) => [`[peers.${peer}]`, 'host = "127.0.0.1"', `port = ${port}`]),
    ...(options.pooler === true
      ? [
          `[poolers.${POOLER_NAME}]`,
          `console = "${pooler}"`,
          `port = ${poolerPort}`,
          'user = "postgres"',
          `config = "${pooler}/pgbouncer.ini"`,
          'database = "app"',
        ]
      : []),
    ...(options.pooler === true
      ? Object.entries(ports).flatMap(([node, port]) => [`[poolers.${POOLER_NAME}.nodes.${node}]`, 'host = "127.0.0.1"', `port = ${port}`])
      : []),
    options.agentToml?.(home) ?? '',
  ].join('\n');
}

const asOwner = (cwd: string) => ({ ...serverOwner(), cwd, timeout: patient(PROGRAM_DEADLINE_MS) });

async function startServer(dataDirectory: string, logFile: string): Promise<void> {
  await run(
    path.join(postgresBinDir(), 'pg_ctl'),
    ['start', '-w', '-s', '-D', dataDirectory, '-l', logFile],
    asOwner(path.dirname(dataDirectory)),
  ).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${existsSync(logFile) ? readFileSync(logFile, 'utf8').slice(-3000) : ''}`);
  });
}

function settingsOf(ground: Ground, node: FleetNode): string {
  const values: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    port: String(node.port),
    unix_socket_directories: node.home,
    shared_buffers: '16MB',
    dynamic_shared_memory_type: 'mmap',
    max_connections: '40',
    fsync: 'off',
    wal_log_hints: 'on',
    wal_keep_size: '96MB',
    max_wal_size: '160MB',
    wal_retrieve_retry_interval: '200ms',
    wal_receiver_status_interval: '1s',
    autovacuum: 'off',
    archive_mode: 'on',
    archive_command: `cp %p ${ground.archive}/%f`,
    lc_messages: 'C',
    timezone: 'UTC',
    cluster_name: node.name,
    ...ground.options.settings,
  };
  return Object.entries(values)
    .map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'`)
    .join('\n');
}

function writeOwnConfig(ground: Ground, node: FleetNode): void {
  writeFileSync(path.join(node.dataDirectory, 'postgresql.conf'), `${settingsOf(ground, node)}\n`);
  writeFileSync(
    path.join(node.dataDirectory, 'pg_hba.conf'),
    [
      'local all all trust',
      'local replication all trust',
      'host all all 127.0.0.1/32 trust',
      'host replication all 127.0.0.1/32 trust',
    ].join('\n') + '\n',
  );
}

async function initialise(ground: Ground, node: FleetNode): Promise<void> {
  const args = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--wal-segsize=1'];
  await initialiseDirectory(node.dataDirectory, postgresBinDir(), args, serverOwner());
  writeOwnConfig(ground, node);
  await node.start();
  const client = new pg.Client({ host: node.home, port: node.port, user: 'postgres', database: 'postgres' });
  await client.connect();
  await createRoles(client, { replication: 'x', rewind: 'x', app: 'x' });
  await client.end();
  await node.sql('CREATE TABLE ledger (id bigint PRIMARY KEY, note text NOT NULL); ALTER TABLE ledger OWNER TO app', 'app');
}

async function clone(ground: Ground, primary: FleetNode, node: FleetNode): Promise<void> {
  const slot = slotOf(node.name);
  const conninfo = `host=127.0.0.1 port=${primary.port} user=farshore_replication application_name=${node.name}`;
  const args = ['-D', node.dataDirectory, '-d', conninfo, '-R', '-X', 'stream', '-c', 'fast', '--no-sync', '-C', '-S', slot];
  await run(path.join(postgresBinDir(), 'pg_basebackup'), args, asOwner(node.home));
  writeOwnConfig(ground, node);
  await node.start();
}

async function startPooler(ground: Ground): Promise<ChildProcess> {
  const directory = ownedDirectory(path.join(ground.directory, 'pgbouncer'));
  const file = path.join(directory, 'pgbouncer.ini');
  writeFileSync(path.join(directory, 'users.txt'), '"app" "x"\n"postgres" ""\n');
  const lines = [
    '[databases]',
    `app = host=127.0.0.1 port=${ground.ports[PRIMARY] ?? 0} dbname=app`,
    '; a comment that stays',
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${ground.poolerPort}`,
    `unix_socket_dir = ${directory}`,
    'auth_type = trust',
    `auth_file = ${path.join(directory, 'users.txt')}`,
    'admin_users = postgres',
    'pool_mode = transaction',
    'server_login_retry = 0.1',
    `pidfile = ${path.join(directory, 'pgbouncer.pid')}`,
    `logfile = ${path.join(directory, 'pgbouncer.log')}`,
  ];
  appendFileSync(file, `${lines.join('\n')}\n`, { mode: 0o640 });
  const owner = serverOwner();
  if (owner !== null) chownSync(file, owner.uid, owner.gid);
  const program = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'].find((candidate) => existsSync(candidate)) ?? 'pgbouncer';
  const child = spawn(program, ['-q', file], { ...owner, cwd: directory, stdio: 'ignore' });
  await waitFor('pgbouncer to answer', async () => {
    const client = new pg.Client({ host: directory, port: ground.poolerPort, user: 'postgres', database: 'pgbouncer' });
    await client.connect();
    await client.end();
    return true;
  });
  return child;
}
