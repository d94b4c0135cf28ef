/** Farshore itself away: PostgreSQL and the agents continue, and nothing is missing afterwards. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LAG_SAMPLE_AGE_MAX_MS } from '../../lib/domain/lag/position-lag.ts';
import { IS_WHOLE } from '../extent.ts';
import { hasMark, writeMark } from './lab-queries.ts';
import { startWatch } from './watched-lab.ts';
import type { Watch } from './watched-lab.ts';
import { lastResort, patient } from '../../setup/patience.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
/** Minutes in `npm run test:matrix`. */
const AWAY_MS = IS_WHOLE ? 3 * MINUTE_MS : 20 * SECOND_MS;
const RECOVERY_MS = 60 * SECOND_MS;
const SEEN_WITHIN_MS = 10 * SECOND_MS;

const MARK = 'written while the controller was away';

let watch: Watch;

beforeAll(async () => {
  watch = await startWatch(undefined, { clusters: ['payments'] });
  await watch.lab.firstBackups;
  await watch.waitUntilQuiet('payments', RECOVERY_MS);
});

afterAll(async () => {
  await watch?.stop();
});

test('web stopped: agents and the store continue', async () => {
  await watch.farshore.web.stop();
  const before = await sampleCount();
  await watch.waitFor(
    'payments',
    'a view computed after the web application ended',
    SEEN_WITHIN_MS,
    (view) => Date.now() - Date.parse(view.computedAt) < 2 * SECOND_MS,
  );
  await expect.poll(sampleCount, { timeout: patient(SEEN_WITHIN_MS) }).toBeGreaterThan(before + 20);
  watch.farshore.web.start();
});

test(
  `controller away for ${AWAY_MS / SECOND_MS} s: PostgreSQL replicates on, and no gap afterwards`,
  async () => {
    const from = new Date();
    await watch.farshore.controller.stop();
    await writeMark(watch.lab, 'aws-use1-a', MARK);
    await sleep(AWAY_MS);
    expect(await hasMark(watch.lab, 'rax-dfw-a', MARK)).toBe(true);
    watch.farshore.controller.start();
    await watch.waitUntilQuiet('payments', RECOVERY_MS);
    const until = new Date();

    await expect.poll(() => gaps(from, until), { timeout: patient(RECOVERY_MS), interval: SECOND_MS }).toEqual([]);
  },
  lastResort(6 * MINUTE_MS),
);

async function sampleCount(): Promise<number> {
  const { rows } = await watch.pool.query<{ count: string }>('SELECT count(*) FROM sample');
  return Number(rows[0]?.count);
}

/**
 * Per node: sequences that are missing, and pauses after which Farshore itself would no longer call a lag known. A sample that a busy
 * machine took late is no gap; an agent that stops sampling while nobody listens leaves minutes.
 */
async function gaps(from: Date, until: Date): Promise<string[]> {
  const { rows } = await watch.pool.query<{ name: string; missing: string; pause: string }>(
    `SELECT name, sum(sequence - before - 1) AS missing, max(extract(epoch FROM observed_at - previous)) AS pause
     FROM (SELECT node_id, observed_at, sequence, lag(sequence) OVER w AS before, lag(observed_at) OVER w AS previous
           FROM sample WHERE observed_at BETWEEN $1 AND $2 WINDOW w AS (PARTITION BY node_id ORDER BY observed_at)) AS step
     JOIN node ON node.id = node_id GROUP BY name`,
    [from, until],
  );
  expect(rows.length).toBe(watch.lab.nodes.length);
  return rows.flatMap(({ name, missing, pause }) =>
    Number(missing) === 0 && Number(pause) * SECOND_MS <= LAG_SAMPLE_AGE_MAX_MS
      ? []
      : [`${name}: ${missing} samples missing, longest pause ${Number(pause).toFixed(1)} s`],
  );
}
