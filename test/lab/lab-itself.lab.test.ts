/** The lab does what it says, on real servers: everything else that is tested on it relies on this. */
import { execFile, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isReceivingFrom, readLsnBytes, writeMark, hasMark } from './lab-queries.ts';
import { findBinaries } from '../../lab/binaries.ts';
import { startLab } from '../../lab/lab.ts';
import type { Lab } from '../../lab/lab.ts';
import { ACCOUNTS, ACCOUNT_OPENING_BALANCE } from '../../lab/roles.ts';
import { waitFor, within } from '../../lab/waiting.ts';

const SOON_MS = 30_000;
const REPOSITORY_ROOT = resolve(import.meta.dirname, '..', '..');
const run = promisify(execFile);

/** Closed to other users, as a checkout under /root is: as root, the lab has to run elsewhere. */
const closedParent = mkdtempSync(join(tmpdir(), 'farshore-lab-closed-'));
const openParent = mkdtempSync(join(tmpdir(), 'farshore-lab-open-'));
chmodSync(openParent, 0o755);

let lab: Lab;

async function query<Row extends object>(node: string, sql: string, values: unknown[] = [], database = 'postgres'): Promise<Row[]> {
  const client = await lab.connect(node, { database });
  try {
    return (await client.query<Row>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

/** Processes whose working directory lies in `directory`, and mounts in it. */
function remains(directory: string): string[] {
  const processes = readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`).startsWith(directory);
    } catch {
      return false;
    }
  });
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .filter((line) => line.includes(` ${directory}`));
  return [...processes.map((pid) => `process ${pid}`), ...mounts, ...(existsSync(directory) ? [directory] : [])];
}

beforeAll(async () => {
  lab = await startLab({ dir: join(closedParent, 'lab') });
});

afterAll(async () => {
  await lab?.stopAll();
  rmSync(closedParent, { recursive: true, force: true });
  rmSync(openParent, { recursive: true, force: true });
});

describe('the fleet', () => {
  test('streams over TLS 1.3 from each node’s own address, through a slot of its own', async () => {
    for (const node of lab.nodes) {
      const rows = await query<{ name: string; address: string; version: string; active: boolean }>(
        node.name,
        `SELECT application_name AS name, host(client_addr) AS address, ssl.version, slot.active
         FROM pg_stat_replication JOIN pg_stat_ssl ssl USING (pid)
         LEFT JOIN pg_replication_slots slot ON slot.active_pid = pid`,
      );
      for (const row of rows) {
        const standby = lab.nodes.find((candidate) => candidate.name === row.name);
        expect(row).toEqual({ name: row.name, address: standby?.host, version: 'TLSv1.3', active: true });
      }
    }
    expect(await isReceivingFrom(lab, 'gcp-use4-a', 'aws-use1-b')).toBe(true);
    expect(await isReceivingFrom(lab, 'rax-dfw-a', 'aws-use1-a')).toBe(true);
  });

  test('has a synchronous tier that acknowledges, and two system identifiers', async () => {
    const sync = await query<{ state: string }>('aws-euw1-a', `SELECT sync_state AS state FROM pg_stat_replication`);
    expect(sync.map((row) => row.state)).toEqual(['quorum', 'quorum']);
    const sql = 'SELECT system_identifier::text AS id FROM pg_control_system()';
    const ids = await Promise.all(lab.nodes.map(async (node) => `${node.cluster} ${(await query<{ id: string }>(node.name, sql))[0]?.id}`));
    expect(new Set(ids).size).toBe(2);
  });

  test('lets nobody in who is not named in pg_hba', async () => {
    const endpoint = lab.clusters[0]?.endpoint;
    const primary = lab.nodes[0];
    const { default: pg } = await import('pg');
    const stranger = new pg.Client({ ...endpoint, host: primary?.host ?? '', port: 5432, ssl: { rejectUnauthorized: false } });
    await expect(stranger.connect()).rejects.toThrow(/pg_hba\.conf/);
  });

  test('moves money through the write endpoint without losing any', async () => {
    await waitFor('the workload to commit', SOON_MS, async () =>
      (await lab.status()).workloads.every((each) => (each.report?.committed ?? 0) > 10),
    );
    for (const [node, database] of [['aws-use1-a', 'app'] as const, ['gcp-use4-a', 'app'] as const, ['az-weu-a', 'app'] as const]) {
      const [sums] = await query<{ total: string }>(node, 'SELECT sum(balance) AS total FROM accounts', [], database);
      expect(Number(sums?.total)).toBe(ACCOUNTS * ACCOUNT_OPENING_BALANCE);
    }
  });

  test('archives, and takes a first backup into an encrypted repository', async () => {
    await within('the first backups', 60_000, lab.firstBackups);
    expect((await lab.status()).backups).toEqual([
      { cluster: 'payments', state: 'done' },
      { cluster: 'ledger', state: 'done' },
    ]);
    const [archiver] = await query<{ failed: string; archived: string }>(
      'aws-use1-a',
      'SELECT failed_count AS failed, archived_count AS archived FROM pg_stat_archiver',
    );
    expect(Number(archiver?.failed)).toBe(0);
    expect(Number(archiver?.archived)).toBeGreaterThan(0);
    const info = readFileSync(join(lab.dir, 'clusters/payments/repository/backup/payments/backup.info'));
    expect(info.toString('latin1')).toMatch(/^Salted__/);
  });
});

describe('links', () => {
  test('a cut link carries nothing, and everything after it heals', async () => {
    await lab.cut('rax-dfw-a', 'aws-use1-a');
    await writeMark(lab, 'aws-use1-a', 'cut');
    await waitFor('the other standby to have it', SOON_MS, () => hasMark(lab, 'aws-use1-b', 'cut'));
    expect(await hasMark(lab, 'rax-dfw-a', 'cut')).toBe(false);
    expect((await lab.heal()).did).toContain('rax-dfw-a');
    await waitFor('the standby to have it after all', SOON_MS, () => hasMark(lab, 'rax-dfw-a', 'cut'));
  });

  test('a one-way cut still lets the other way through', async () => {
    await lab.cut('rax-dfw-a', 'aws-use1-a', { oneWay: true });
    await writeMark(lab, 'aws-use1-a', 'one-way');
    await waitFor('WAL to arrive though no answer does', SOON_MS, () => hasMark(lab, 'rax-dfw-a', 'one-way'));
    await lab.heal();
  });

  test('a delay is seen by PostgreSQL itself', async () => {
    await lab.delay('rax-dfw-a', 'aws-use1-a', 400);
    const sql = `SELECT 1 FROM pg_stat_replication WHERE application_name = 'rax-dfw-a' AND write_lag > interval '350 ms'`;
    await waitFor('the write lag to show the delay', SOON_MS, async () => (await query('aws-use1-a', sql)).length === 1);
    await lab.heal();
  });

  test('unknown names are answered with the names there are', async () => {
    await expect(lab.cut('rax-dfw-a', 'mars')).rejects.toThrow(/no peer "mars".*aws-use1-a/s);
    await expect(lab.kill('mars')).rejects.toThrow(/no node "mars".*az-weu-a/s);
    await expect(lab.cut('rax-dfw-a', 'az-weu-a')).rejects.toThrow(/no link between/);
  });
});

describe('servers', () => {
  test('a killed standby is gone with all its children, and streams again after start', async () => {
    await lab.kill('aws-use1-b', 'postgres');
    const { nodes } = await lab.status();
    expect(nodes.find((node) => node.name === 'aws-use1-b')).toMatchObject({ postgres: 'killed', pid: null });
    await expect(lab.connect('aws-use1-b')).rejects.toThrow();
    await lab.start('aws-use1-b');
    await waitFor('it to stream again', SOON_MS, () => isReceivingFrom(lab, 'aws-use1-b', 'aws-use1-a'));
    await waitFor('its own standby to stream again', SOON_MS, () => isReceivingFrom(lab, 'gcp-use4-a', 'aws-use1-b'));
  });

  test('a server that somebody else started is the lab’s all the same', async () => {
    const { dataDir } = lab.nodes.find((node) => node.name === 'gcp-euw4-a') ?? { dataDir: '' };
    await lab.stop('gcp-euw4-a');
    const owner = statSync(dataDir);
    spawn(join(findBinaries().postgresBin, 'pg_ctl'), ['-D', dataDir, '-l', join(dataDir, 'log'), 'start'], {
      ...(process.getuid?.() === 0 ? { uid: owner.uid, gid: owner.gid } : {}),
      cwd: '/',
      stdio: 'ignore',
    });
    await waitFor('it to stream again', SOON_MS, () => isReceivingFrom(lab, 'gcp-euw4-a', 'aws-euw1-a').catch(() => false));
    const nodeStatus = async () => (await lab.status()).nodes.find((node) => node.name === 'gcp-euw4-a');
    expect((await nodeStatus())?.postgres).toBe('running');
    await lab.kill('gcp-euw4-a', 'postgres');
    expect((await nodeStatus())?.postgres).toBe('killed');
    await lab.heal();
  });

  test('a frozen primary takes no connection, and continues after the thaw', async () => {
    await lab.freeze('aws-euw1-a');
    await expect(within('a frozen server', 1_000, query('aws-euw1-a', 'SELECT 1'))).rejects.toThrow(/without success/);
    expect((await lab.status()).nodes.find((node) => node.name === 'aws-euw1-a')?.postgres).toBe('frozen');
    await lab.thaw('aws-euw1-a');
    expect(await query('aws-euw1-a', 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('a stopped server is started by heal', async () => {
    await lab.stop('az-weu-a');
    expect((await lab.heal()).did).toContain('az-weu-a was stopped');
    await waitFor('it to stream again', SOON_MS, () => isReceivingFrom(lab, 'az-weu-a', 'aws-euw1-a'));
  });

  test('a broken receiver leaves the server up and unfed until healed', async () => {
    await lab.breakReceiver('rax-dfw-a');
    await waitFor(
      'the receiver to be gone',
      SOON_MS,
      async () => (await query('rax-dfw-a', 'SELECT 1 FROM pg_stat_wal_receiver')).length === 0,
    );
    await lab.heal();
    await waitFor('it to stream again', SOON_MS, () => isReceivingFrom(lab, 'rax-dfw-a', 'aws-use1-a'));
  });

  test('a broken archive fails at once, and takes the segment after heal', async () => {
    const failures = async (): Promise<number> =>
      Number((await query<{ n: string }>('aws-use1-a', 'SELECT failed_count AS n FROM pg_stat_archiver'))[0]?.n);
    await lab.breakArchive('aws-use1-a');
    await waitFor('the archiver to fail', SOON_MS, async () => (await failures()) > 0);
    await lab.heal();
    const sql = 'SELECT 1 FROM pg_stat_archiver WHERE last_archived_time > last_failed_time';
    await waitFor('the archiver to succeed again', SOON_MS, async () => (await query('aws-use1-a', sql)).length === 1);
  });

  test('fill-wal writes fast until healed, on the primary only', async () => {
    const before = await readLsnBytes(lab, 'aws-use1-a');
    await lab.fillWal('aws-use1-a', { bytesPerSecond: 16 * 1024 * 1024 });
    await waitFor('32 MiB of WAL', SOON_MS, async () => (await readLsnBytes(lab, 'aws-use1-a')) - before > 32n * 1024n * 1024n);
    await lab.heal();
    await expect(lab.fillWal('rax-dfw-a')).rejects.toThrow(/is a standby/);
  });

  test('a standby that stayed away for too long loses its slot, and gets back through the archive', async () => {
    const lost = `SELECT 1 FROM pg_replication_slots WHERE slot_name = 'rax_dfw_a' AND wal_status = 'lost'`;
    await lab.kill('rax-dfw-a', 'postgres');
    await lab.fillWal('aws-use1-a', { bytesPerSecond: 64 * 1024 * 1024 });
    await waitFor('the slot to be lost', 40_000, async () => (await query('aws-use1-a', lost)).length === 1);
    expect((await lab.heal()).did).toContain('the lost slot rax_dfw_a of aws-use1-a');
    await waitFor('the standby to stream again', 60_000, () => isReceivingFrom(lab, 'rax-dfw-a', 'aws-use1-a'));
  });

  test('idle stops the workload, load sets it', async () => {
    const rate = async (): Promise<number | undefined> =>
      (await lab.status()).workloads.find((each) => each.cluster === 'payments')?.report?.tps;
    await lab.idle('payments');
    await waitFor('no transfer in a second', SOON_MS, async () => (await rate()) === 0);
    await lab.load('payments', 50);
    await waitFor('some 50 transfers in a second', SOON_MS, async () => ((await rate()) ?? 0) >= 40);
  });
});

describe('the command line', () => {
  const cli = (...words: string[]) => run(process.execPath, ['lab/cli.ts', '--dir', closedParent, ...words], { cwd: REPOSITORY_ROOT });

  test('finds the lab below the directory of the demo', async () => {
    expect((await cli('status')).stdout).toMatch(/aws-use1-a .* running/);
    expect((await cli('delay', 'rax-dfw-a', 'aws-use1-a', '120ms')).stdout).toMatch(/120 ms.*\nIn the browser:/);
    await expect(cli('kill', 'mars')).rejects.toThrow(/Nodes: aws-use1-a/);
  });
});

describe('beginning and end', () => {
  test('a second lab takes other addresses, and leaves nothing behind', async () => {
    const dir = join(openParent, 'second');
    const second = await startLab({ dir, clusters: ['payments'], workloadTps: 0 });
    expect(second.addressRange).not.toBe(lab.addressRange);
    expect(second.dir).toBe(dir);
    await expect(startLab({ dir, clusters: ['payments'] })).rejects.toThrow(/already running/);
    await second.stopAll();
    expect(remains(dir)).toEqual([]);
  });

  test('a taken address range is named', async () => {
    const attempt = startLab({ dir: join(openParent, 'taken'), clusters: ['ledger'], addressRange: lab.addressRange });
    await expect(attempt).rejects.toThrow(new RegExp(`${lab.addressRange}\\.\\d+\\.\\d+:\\d+ is already taken`));
    expect(remains(join(openParent, 'taken'))).toEqual([]);
  });

  test('a killed lab is cleaned up by the next start in its directory', async () => {
    const dir = join(openParent, 'killed');
    const program = `import { startLab } from '${REPOSITORY_ROOT}/lab/lab.ts';
      const lab = await startLab({ dir: '${dir}', clusters: ['payments'], workloadTps: 5 });
      await lab.freeze('aws-use1-b');
      console.log('up');`;
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    const up = Promise.race([
      once(child.stdout, 'data'),
      ended.then(() => Promise.reject(new Error('The lab to be killed ended before it was killed.'))),
    ]);
    await within('the lab to be killed', 90_000, up).finally(() => child.kill('SIGKILL'));
    await within('it to end', SOON_MS, ended);
    expect(remains(dir).length).toBeGreaterThan(5);

    const lines: string[] = [];
    const next = await startLab({ dir, clusters: ['ledger'], workloadTps: 0, log: (line) => lines.push(line) });
    expect(lines[0]).toMatch(/Cleaning up after a lab that was killed/);
    expect(readdirSync(join(next.dir, 'nodes')).sort()).toEqual(['aws-euw1-a', 'az-weu-a', 'gcp-euw4-a']);
    await next.stopAll();
    expect(remains(dir)).toEqual([]);
  });
});
