/**
 * Failover after the primary's processes were killed: `npm run bench:failover -- --runs 10`. The figure is the time from the confirmed click
 * to the first write that is acknowledged. The floor is a hand-written script on the same servers in the same run; it has no click, and
 * counts from the moment it knows that the primary is dead.
 */
import { measureRounds, roundsOf } from './fail-and-revert.ts';
import type { Round } from './fail-and-revert.ts';
import { filesText, parseBenchOptions } from './operations-lab.ts';
import { printRows, spreadOf } from './spread.ts';
import type { BenchRow } from './spread.ts';

const GOAL_MS = 1_500;
const STALL_MS = 4_000;

const options = parseBenchOptions({ cluster: 'payments', nodes: ['aws-use1-a', 'aws-use1-b'] });
const rounds = await measureRounds(options, 'rewind', () => Promise.resolve());

function rowsOf(what: string, of: readonly Round[], goalMs: number | null): BenchRow[] {
  if (of.length === 0) return [];
  const spread = spreadOf(of.flatMap(({ untilWriteMs }) => (untilWriteMs === null ? [] : [untilWriteMs])));
  const stalls = of.filter(({ untilWriteMs }) => untilWriteMs === null || untilWriteMs >= STALL_MS).length;
  const lost = of.reduce((sum, { seen }) => sum + seen.lost, 0);
  const said = of.filter(({ seen, saidLost }) => saidLost !== null && saidLost >= seen.lost).length;
  const listed = goalMs === null || lost === 0 ? '' : `, listed in ${said} of ${of.length} results`;
  return [
    {
      what: `${what}: until the first write`,
      spread,
      goal: goalMs === null ? '' : `≤ ${goalMs}`,
      reached: goalMs === null || spread === null ? null : spread.p95 <= goalMs && stalls === 0,
      note: `${stalls} stalls, ${lost} rows lost${listed}`,
    },
    { what: `${what}: write gap since the kill`, spread: spreadOf(of.map(({ seen }) => seen.gapMs)), goal: '', reached: null, note: '' },
  ];
}

printRows(
  `Failover ${options.nodes.join(' ⇄ ')} after kill -9 of PostgreSQL, ${options.tps} transfers/s beside the prober, ${filesText(options)}`,
  options.modes.flatMap((mode) => [
    ...rowsOf(`hand-written, ${mode}`, roundsOf(rounds, 'floor', mode), null),
    ...rowsOf(`Farshore, ${mode}`, roundsOf(rounds, 'farshore', mode), GOAL_MS),
  ]),
);
