/**
 * Leadership kept in the control database: one row a cluster, changed by compare-and-swap on its version. The row's trigger keeps every
 * change in `leadership_change` and refuses a term that falls, from any writer.
 */
import type pg from 'pg';
import { LeadershipUnknown, whyNotSucceed } from '../../domain/leadership/store.ts';
import type {
  LeadershipRecord,
  LeadershipSource,
  LeadershipStore,
  SwapOutcome,
  VersionedLeadership,
} from '../../domain/leadership/store.ts';
import { errorCode } from '../ground/problem.ts';
import type { Queryable } from '../ground/pool.ts';

interface Row {
  version: number;
  term: number;
  holder: string | null;
  timeline: number | null;
  source: LeadershipSource;
  operation: string | null;
  since: Date;
}

const COLUMNS = 'l.version, l.term, l.holder, l.timeline, l.source, l.operation, l.since';

function toVersioned({ version, since, ...record }: Row): VersionedLeadership {
  return { version, record: { ...record, since: since.toISOString() } };
}

/** The record as this transaction sees it; `null` = no primary was ever seen. */
export async function readLeadership(client: Queryable, cluster: string): Promise<VersionedLeadership | null> {
  const { rows } = await client.query<Row>(`SELECT ${COLUMNS} FROM leadership l JOIN cluster c ON c.id = l.cluster_id WHERE c.slug = $1`, [
    cluster,
  ]);
  return rows[0] === undefined ? null : toVersioned(rows[0]);
}

/**
 * The swap as part of the caller's transaction, which it does not spoil. Throws a RangeError when `next` may not follow what stands
 * there under the version named. For what must stand or fall with other rows; everything else uses `databaseLeadershipStore`.
 */
export async function swapLeadership(
  client: Queryable,
  cluster: string,
  expected: number | null,
  next: LeadershipRecord,
): Promise<SwapOutcome> {
  const current = await readLeadership(client, cluster);
  if ((current?.version ?? null) !== expected) return { outcome: 'lost', current };
  const why = whyNotSucceed(current?.record ?? null, next);
  if (why !== null) throw new RangeError(why);
  const values = [cluster, next.term, next.holder, next.timeline, next.since, next.source, next.operation];
  const { rows } =
    expected === null
      ? await client.query<Row>(
          `INSERT INTO leadership AS l (cluster_id, version, term, holder, timeline, since, source, operation)
           SELECT c.id, 1, $2::int, $3::text, $4::int, $5::timestamptz, $6::text, $7::uuid FROM cluster c WHERE c.slug = $1
           ON CONFLICT (cluster_id) DO NOTHING RETURNING ${COLUMNS}`,
          values,
        )
      : await client.query<Row>(
          `UPDATE leadership l SET version = l.version + 1, term = $2, holder = $3, timeline = $4, since = $5, source = $6, operation = $7
           FROM cluster c WHERE c.slug = $1 AND l.cluster_id = c.id AND l.version = $8 RETURNING ${COLUMNS}`,
          [...values, expected],
        );
  const written = rows[0];
  return written === undefined
    ? { outcome: 'lost', current: await readLeadership(client, cluster) }
    : { outcome: 'ok', current: toVersioned(written) };
}

/** Errors of the server itself that say that the statement had no effect: class 22, 23, 42 (data, constraints, privileges). */
const WITHOUT_EFFECT = /^(22|23|42)/;

async function orUnknown<T>(work: Promise<T>, what: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof RangeError) throw error;
    const code = errorCode(error);
    if (code !== null && WITHOUT_EFFECT.test(code)) throw error;
    const sentence = `The control database did not answer while the leadership was ${what}; whether it did is unknown. It is read again.`;
    throw new LeadershipUnknown(sentence, { cause: error });
  }
}

/** The store over a pool whose queries have a deadline. */
export function databaseLeadershipStore(pool: pg.Pool): LeadershipStore {
  return {
    read: (cluster) => orUnknown(readLeadership(pool, cluster), 'read'),
    swap: (cluster, expected, next) => orUnknown(swapLeadership(pool, cluster, expected, next), 'written'),
  };
}
