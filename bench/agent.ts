/**
 * Measures what the agent costs: `npm run bench:agent -- --seconds 60`. The real bundle against a private PostgreSQL and a local receiver that
 * speaks the gateway's contract over mutual TLS. Prints a table.
 *
 * How each figure is taken:
 * - memory: VmRSS of the agent at the end;
 * - CPU of the agent: run time of all its threads (/proc/PID/task/TID/schedstat, nanoseconds) over the measured time;
 * - server time per tick: run time of the session's backend (schedstat), and for the probe's backends, which live for milliseconds, what
 *   the postmaster's reaped children cost (cutime + cstime of /proc/PID/stat, 10 ms steps over the whole time);
 * - throughput: pgbench in alternating runs, the agent frozen (SIGSTOP) and running, as the median of the ratios of neighbours.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { bundleAgent } from '../agent/bundle.ts';
import { freePort, serverOwner, startPostgres, waitFor } from '../test/live-postgres.ts';
import type { LivePostgres } from '../test/live-postgres.ts';
import { startStandInGateway } from '../test/stand-in-gateway.ts';
import { readProcessStat } from '../lib/runtime/process-stat.ts';

const run = promisify(execFile);
const CLOCK_TICK_MS = 10;
const WARM_UP_MS = 8000;
const SECONDS_MAX = 600;
const BUDGET = { residentBytes: 70e6, cpuPercent: 0.5, serverMsPerTick: 3, throughputRatio: 0.99 };

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    pairs: { type: 'string', default: '4' },
    'pgbench-seconds': { type: 'string', default: '8' },
  },
});
const seconds = Math.min(SECONDS_MAX, Number(values.seconds));
const pairs = Math.min(20, Number(values.pairs));
const pgbenchSeconds = Math.min(60, Number(values['pgbench-seconds']));
if (![seconds, pairs, pgbenchSeconds].every((value) => Number.isFinite(value) && value > 0)) {
  process.stderr.write('Usage: node bench/agent.ts [--seconds N] [--pairs N] [--pgbench-seconds N], all above 0.\n');
  process.exit(2);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Milliseconds that all threads of a process have run. */
function threadsRunMs(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).reduce(
    (sum, thread) => sum + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1e6,
    0,
  );
}

const reapedChildrenMs = (pid: number): number => (readProcessStat(pid)?.endedChildrenCpuTicks ?? Number.NaN) * CLOCK_TICK_MS;

const residentBytes = (pid: number): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;

async function pgbench(server: LivePostgres): Promise<number> {
  const args = [
    '-h',
    server.socketDir,
    '-p',
    String(server.port),
    '-U',
    'postgres',
    '-n',
    '-c',
    '4',
    '-T',
    String(pgbenchSeconds),
    'postgres',
  ];
  const { stdout } = await run(path.join(server.binDir, 'pgbench'), args, { ...serverOwner(), cwd: server.socketDir, timeout: 120_000 });
  return Number(/tps = ([\d.]+)/.exec(stdout)?.[1]);
}

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

const directory = mkdtempSync(path.join(os.tmpdir(), 'farshore-bench-'));
const bundle = path.join(directory, 'farshore-agent.cjs');
await bundleAgent(bundle);
const server = await startPostgres({ settings: { fsync: 'on', shared_buffers: "'64MB'" } });
const gateway = await startStandInGateway({ directory: path.join(directory, 'pki'), countOnly: true });
let agentPid: number | null = null;
try {
  await server.sql('create role farshore_monitor login');
  await server.sql('grant pg_monitor to farshore_monitor; grant execute on function pg_hba_file_rules() to farshore_monitor');
  await server.sql('grant select on pg_hba_file_rules to farshore_monitor');
  await server.sql(`select pg_create_physical_replication_slot('a', true), pg_create_physical_replication_slot('b', true)`);

  const config = path.join(directory, 'agent.toml');
  writeFileSync(
    config,
    `[agent]\nstate_directory = "${directory}/state"\n[postgres]\nhost = "${server.socketDir}"\nport = ${server.port}\n` +
      `[health]\nhost = "127.0.0.1"\nport = ${await freePort()}\n`,
  );
  const join = ['join', '--controller', gateway.url, '--token', gateway.makeToken('bench'), '--node', 'bench', '--config', config];
  await run(process.execPath, [bundle, ...join], { timeout: 30_000 });
  const agent = spawn(process.execPath, [bundle, 'run', '--config', config], { stdio: 'ignore' });
  const pid = agent.pid;
  if (pid === undefined) throw new Error('The agent did not start.');
  agentPid = pid;
  await waitFor('the first samples', () => gateway.counts.samples > 2, 20_000);
  await pause(WARM_UP_MS);

  const [backend] = await server.sql(`select pid from pg_stat_activity where application_name = 'farshore-agent'`);
  const backendPid = Number(backend?.['pid']);
  const postmasterPid = server.pid();
  if (postmasterPid === null) throw new Error('PostgreSQL ended.');
  const measure = () => ({
    atMs: performance.now(),
    agentMs: threadsRunMs(pid),
    sessionMs: threadsRunMs(backendPid),
    probesMs: reapedChildrenMs(postmasterPid),
    ticks: gateway.counts.samples,
    bytes: gateway.counts.bytes,
  });
  const before = measure();
  process.stdout.write(`Measuring for ${seconds} s …\n`);
  await pause(seconds * 1000);
  const after = measure();
  const ticks = after.ticks - before.ticks;
  const elapsedMs = after.atMs - before.atMs;
  const resident = residentBytes(pid);

  process.stdout.write(`pgbench, ${pairs} pairs of ${pgbenchSeconds} s …\n`);
  await run(
    path.join(server.binDir, 'pgbench'),
    ['-h', server.socketDir, '-p', String(server.port), '-U', 'postgres', '-i', '-q', '-s', '5', 'postgres'],
    {
      ...serverOwner(),
      cwd: server.socketDir,
      timeout: 120_000,
    },
  );
  await pgbench(server);
  const ratios: number[] = [];
  const tps: { without: number[]; with: number[] } = { without: [], with: [] };
  for (let pair = 0; pair < pairs; pair += 1) {
    const measured = { without: 0, with: 0 };
    // Which comes first alternates: a drift of the machine then favours neither.
    for (const kind of pair % 2 === 0 ? (['without', 'with'] as const) : (['with', 'without'] as const)) {
      if (kind === 'without') agent.kill('SIGSTOP');
      measured[kind] = await pgbench(server);
      agent.kill('SIGCONT');
      tps[kind].push(measured[kind]);
    }
    ratios.push(measured.with / measured.without);
  }

  const cpuPercent = ((after.agentMs - before.agentMs) / elapsedMs) * 100;
  const sessionMs = (after.sessionMs - before.sessionMs) / ticks;
  const probesMs = (after.probesMs - before.probesMs) / ticks;
  const verdict = (good: boolean): string => (good ? 'ok' : 'OVER');
  const rows = [
    ['what', 'measured', 'budget', ''],
    ['resident memory', `${(resident / 1e6).toFixed(1)} MB`, '<= 70 MB', verdict(resident <= BUDGET.residentBytes)],
    ['CPU of the agent', `${cpuPercent.toFixed(2)} % of a core`, '<= 0.5 %', verdict(cpuPercent <= BUDGET.cpuPercent)],
    ['server time per tick', `${(sessionMs + probesMs).toFixed(2)} ms`, '<= 3 ms', verdict(sessionMs + probesMs <= BUDGET.serverMsPerTick)],
    ['  of it the session', `${sessionMs.toFixed(2)} ms`, '', ''],
    ['  of it the probe (and other ended backends)', `${probesMs.toFixed(2)} ms`, '', ''],
    ['throughput with / without', `${(median(ratios) * 100).toFixed(1)} %`, '>= 99 %', verdict(median(ratios) >= BUDGET.throughputRatio)],
    ['  pgbench without', `${median(tps.without).toFixed(0)} tps`, '', ''],
    ['  pgbench with', `${median(tps.with).toFixed(0)} tps`, '', ''],
    ['  ratios of the pairs', ratios.map((ratio) => (ratio * 100).toFixed(1)).join(' '), '', ''],
    ['ticks', `${ticks} in ${(elapsedMs / 1000).toFixed(1)} s`, '', ''],
    ['sent', `${((after.bytes - before.bytes) / ticks / 1000).toFixed(1)} kB per tick`, '', ''],
  ];
  process.stdout.write(
    `\n${rows.map((row) => `| ${(row[0] ?? '').padEnd(46)} | ${(row[1] ?? '').padEnd(34)} | ${(row[2] ?? '').padEnd(8)} | ${row[3]} |`).join('\n')}\n`,
  );
} finally {
  if (agentPid !== null) process.kill(agentPid, 'SIGTERM');
  await gateway.close();
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
}
