/**
 * How long the old primary needs to stream again after a failover: `npm run bench:reversion -- --runs 10 --fill-mb 1024`. From the click, the
 * loss ledger included. The floor is CHECKPOINT, pg_rewind and a start by hand, which keep nothing.
 */
import type { Lab } from '../lab/lab.ts';
import { waitFor } from '../lab/waiting.ts';
import { measureRounds, roundsOf } from './fail-and-revert.ts';
import type { Round } from './fail-and-revert.ts';
import { filesText, parseBenchOptions } from './operations-lab.ts';
import { printRows, spreadOf } from './spread.ts';
import type { BenchRow } from './spread.ts';
import { stepRows } from './step-spans.ts';

const GOAL_SMALL_MS = 3_000;
const GOAL_LARGE_MS = 30_000;
const LARGE_MEGABYTES = 512;
const MEGABYTES_MAX = 4_096;
const ROWS_PER_MEGABYTE = 128;
const BATCH_MEGABYTES = 16;

const fillMegabytes = Math.min(MEGABYTES_MAX, Number(takeOption('--fill-mb') ?? 0));
const method = takeOption('--method') === 're-clone' ? 're-clone' : 'rewind';
const options = parseBenchOptions({ cluster: 'payments', nodes: ['aws-use1-a', 'aws-use1-b'] });

/** Unarchived WAL, and WAL that a standby has not replayed, fills the primary's small WAL volume. */
const FOLLOWED = `SELECT (SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready') <= 2
  AND coalesce((SELECT max(pg_current_wal_lsn() - replay_lsn) FROM pg_stat_replication), 0) <= $1::numeric AS followed`;
const FOLLOWED_DEADLINE_MS = 120_000;

/** Takes an option of this bench alone out of the arguments. */
function takeOption(name: string): string | null {
  const at = process.argv.indexOf(name);
  return at === -1 ? null : (process.argv.splice(at, 2)[1] ?? null);
}

/** Data that every copy of the cluster has to hold, written slowly enough for the standbys to follow. */
async function fill(lab: Lab): Promise<void> {
  if (fillMegabytes === 0) return;
  const client = await lab.connect(options.nodes[0], { database: 'app' });
  try {
    await client.query('CREATE TABLE IF NOT EXISTS bulk (id bigint GENERATED ALWAYS AS IDENTITY, filler text)');
    for (let done = 0; done < fillMegabytes; done += BATCH_MEGABYTES) {
      await client.query(
        `INSERT INTO bulk (filler) SELECT string_agg(md5(random()::text), '') FROM generate_series(1, $1) row, generate_series(1, 240) part GROUP BY row`,
        [BATCH_MEGABYTES * ROWS_PER_MEGABYTE],
      );
      await client.query('CHECKPOINT');
      await waitFor('archive and standbys to have followed the fill', FOLLOWED_DEADLINE_MS, async () => {
        const { rows } = await client.query<{ followed: boolean }>(FOLLOWED, [BATCH_MEGABYTES * 2 ** 20]);
        return rows[0]?.followed === true;
      });
    }
    const { rows } = await client.query<{ size: string }>(`SELECT pg_size_pretty(sum(pg_database_size(oid))) AS size FROM pg_database`);
    console.log(`Filled: the databases have ${rows[0]?.size ?? 'an unknown size'}.`);
  } finally {
    await client.end();
  }
}

const rounds = await measureRounds(options, method, fill);

function rowsOf(what: string, of: readonly Round[], goalMs: number | null): BenchRow[] {
  if (of.length === 0) return [];
  const streaming = spreadOf(of.flatMap(({ rejoinMs }) => (rejoinMs === null ? [] : [rejoinMs])));
  const ended = spreadOf(of.flatMap(({ reversionMs }) => (reversionMs === null ? [] : [reversionMs])));
  return [
    {
      what: `${what}: streams again`,
      spread: streaming,
      goal: goalMs === null ? '' : `≤ ${goalMs}`,
      reached: goalMs === null || streaming === null ? null : streaming.p95 <= goalMs,
      note: '',
    },
    ...(goalMs === null ? [] : [{ what: `${what}: operation has ended`, spread: ended, goal: '', reached: null, note: '' }]),
  ];
}

const goalMs = fillMegabytes >= LARGE_MEGABYTES ? GOAL_LARGE_MS : GOAL_SMALL_MS;
printRows(
  `Reversion by ${method}${fillMegabytes > 0 ? ` of about ${fillMegabytes} MB more` : ''}, ${options.nodes.join(' ⇄ ')}, ${filesText(options)}`,
  options.modes.flatMap((mode) => [
    ...rowsOf(`hand-written, ${mode}`, roundsOf(rounds, 'floor', mode), null),
    ...rowsOf(`Farshore, ${mode}`, roundsOf(rounds, 'farshore', mode), method === 'rewind' ? goalMs : null),
    ...stepRows(roundsOf(rounds, 'farshore', mode).map(({ steps }) => steps)),
  ]),
);
