/** The other way to the primary: a real HAProxy, with the configuration that docs/agent.md recommends, which asks the agents' health ports. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { POSTGRES_PORT, endpointAddress, endpointIndex, linkAddress, nodeAddress } from '../../lab/addresses.ts';
import { selectClusters } from '../../lab/fleet.ts';
import { waitFor } from '../../lab/waiting.ts';
import { OperatedLab } from './change-of-primary.ts';
import { startWatch } from './watched-lab.ts';
import type { Watch } from './watched-lab.ts';
import { lastResort } from '../../setup/patience.ts';

const EXAMPLE = join(import.meta.dirname, '../../agent/load-balancer/haproxy.example.cfg');
const MINUTE_MS = 60_000;
const REGION = 'us-east-1';
const [A, B] = ['aws-use1-a', 'aws-use1-b'];
const WRITES = 'payments-write';
const READS = 'payments-read';
/** A check comes each second, and the agent's own commit each second; on a busy machine both twice. */
const FOUND_WITHIN_MS = 5_000;

let watch: Watch;
let operated: OperatedLab;
let haproxy: ChildProcess;
let statsPath: string;

beforeAll(
  async () => {
    watch = await startWatch(undefined, { clusters: ['payments'], regions: [REGION] });
    operated = new OperatedLab(watch);
    await watch.lab.firstBackups;
    await operated.allStreaming('payments');
    haproxy = await startHaproxy();
  },
  lastResort(3 * MINUTE_MS),
);

afterAll(async () => {
  if (haproxy?.exitCode === null) {
    haproxy.kill('SIGTERM');
    await once(haproxy, 'exit');
  }
  await watch?.stop();
});

/** The example, with the lab's addresses in the places of the names, and a socket on which the test may ask. */
function configuration(range: string): string {
  const [cluster] = selectClusters(['payments'], [REGION]);
  if (cluster === undefined) throw new Error('The lab has no cluster payments.');
  const lines = readFileSync(EXAMPLE, 'utf8').split('\n');
  const placed = lines.flatMap((line) => {
    const server = /^(\s+server (\S+) )\S+:5432 check port 8080$/.exec(line);
    if (server === null) return [line];
    const node = cluster.nodes.find(({ name }) => name === server[2]);
    if (node === undefined) return [];
    const at = linkAddress(range, endpointIndex(cluster.index), node.index);
    return [`${server[1]}${at}:${POSTGRES_PORT} check port 8080 addr ${nodeAddress(range, node.index)}`];
  });
  return placed
    .join('\n')
    .replaceAll('bind 0.0.0.0:', `bind ${endpointAddress(range, cluster.index)}:`)
    .replace('global\n', `global\n    stats socket ${statsPath} mode 600 level admin\n`);
}

async function startHaproxy(): Promise<ChildProcess> {
  const program = ['/usr/sbin/haproxy', '/usr/bin/haproxy'].find((path) => existsSync(path));
  if (program === undefined) throw new Error('This test needs HAProxy: apt-get install -y haproxy');
  statsPath = join(watch.controlDir, 'haproxy.sock');
  const file = join(watch.controlDir, 'haproxy.cfg');
  writeFileSync(file, configuration(watch.lab.addressRange));
  const child = spawn(program, ['-db', '-f', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => (said = `${said}${text.toString()}`.slice(-2_000)));
  await waitFor('HAProxy to answer', 10_000, () => {
    if (child.exitCode !== null) throw new Error(`HAProxy did not start: ${said}`);
    return existsSync(statsPath);
  });
  return child;
}

/** Names of the servers to which HAProxy sends clients now. */
async function serversUp(proxy: string): Promise<string[]> {
  const socket = connect(statsPath);
  socket.end('show stat\n');
  const [header = '', ...rows] = (await text(socket)).trim().split('\n');
  const columns = header.replace(/^# /, '').split(',');
  return rows
    .map((row) => row.split(','))
    .map((cells) => Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? ''])))
    .filter((row) => row['pxname'] === proxy && !['FRONTEND', 'BACKEND'].includes(row['svname'] ?? ''))
    .filter((row) => row['status']?.startsWith('UP') === true)
    .map((row) => row['svname'] ?? '');
}

const untilUp = (proxy: string, names: readonly string[]): Promise<true> =>
  waitFor(`${proxy} to lead to ${names.join(' and ') || 'nobody'}`, 20_000, async () =>
    JSON.stringify(await serversUp(proxy)) === JSON.stringify(names) ? true : null,
  );

test(
  'a switchover: clients find the new primary and lose nothing, and reads go to the standby',
  async () => {
    await untilUp(WRITES, [A]);
    await untilUp(READS, [B]);
    const prober = await watch.lab.startProber('payments', { at: { host: endpointAddress(watch.lab.addressRange, 1), port: 5000 } });
    try {
      for (const target of [B, A]) {
        await prober.mark();
        await operated.switchover('payments', target);
        await untilUp(WRITES, [target]);
        await untilUp(READS, [target === A ? B : A]);
        const report = await prober.report();
        await operated.nothingLost(target, report);
        expect(report.gapEndedAtMs, 'clients continue').not.toBeNull();
        expect(report.largestGapMs).toBeLessThan(FOUND_WITHIN_MS);
        const { statements, connects } = report.errors;
        const gap = `${report.largestGapMs.toFixed(0)} ms without a commit, ${statements + connects} client errors`;
        console.log(`    through HAProxy, switchover to ${target}: ${gap}`);
      }
    } finally {
      await prober.stop();
    }
  },
  lastResort(3 * MINUTE_MS),
);

test(
  'a primary whose processes were killed: writers are led to nobody, and after the failover to the new one',
  async () => {
    await untilUp(WRITES, [A]);
    await watch.lab.kill(A, 'postgres');
    await untilUp(WRITES, []);
    const result = await operated.operator.run('payments', { kind: 'failover', target: B, fence: 'agent' });
    expect(result.state).toBe('done');
    await untilUp(WRITES, [B]);
    await operated.operator.run('payments', { kind: 'reversion', target: A, method: 'rewind', switchBack: true });
    await untilUp(WRITES, [A]);
    await untilUp(READS, [B]);
  },
  lastResort(3 * MINUTE_MS),
);
