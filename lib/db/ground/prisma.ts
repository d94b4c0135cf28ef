/** The relational records through Prisma. Only `lib/db` may import it; others get the types from here. */
import { PrismaPg } from '@prisma/adapter-pg';
import type pg from 'pg';
import { PrismaClient } from '../generated/client.ts';
import type { Prisma as Generated } from '../generated/client.ts';
import type { Queryable } from './pool.ts';

const CONNECTIONS_MAX = 5;
const CONNECT_TIMEOUT_MS = 5_000;
/** Waiting for a connection, and the whole of a transaction: a command is a few statements. */
const TRANSACTION_WAIT_MS = 5_000;
const TRANSACTION_TIMEOUT_MS = 10_000;
const UNIQUE_VIOLATION = 'P2002';

export type Prisma = PrismaClient;
/** A client inside a transaction. */
export type PrismaTransaction = Generated.TransactionClient;

/** A client with its own small pool. End it with `$disconnect()`. */
export function createPrisma(url: string, connectionsMax = CONNECTIONS_MAX): Prisma {
  const adapter = new PrismaPg({ connectionString: url, max: connectionsMax, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  return new PrismaClient({ adapter });
}

/** Runs `work` in one transaction: committed when it returns, rolled back when it throws. */
export function inPrismaTransaction<T>(prisma: Prisma, work: (tx: PrismaTransaction) => Promise<T>): Promise<T> {
  return prisma.$transaction(work, { maxWait: TRANSACTION_WAIT_MS, timeout: TRANSACTION_TIMEOUT_MS });
}

/** Lets functions written for plain `pg` take part in a Prisma transaction. Only `text` and `values` are understood, and only `rows` is answered. */
export function queryableOf(tx: PrismaTransaction): Queryable {
  const query = async (text: string, values: unknown[] = []): Promise<Pick<pg.QueryResult, 'rows' | 'rowCount'>> => {
    const rows = await tx.$queryRawUnsafe<pg.QueryResultRow[]>(text, ...values);
    return { rows, rowCount: rows.length };
  };
  return { query } as unknown as Queryable;
}

/** The row exists already. The transaction can only be rolled back. */
export function isUniqueViolation(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === UNIQUE_VIOLATION;
}

const CHECK_VIOLATION_STATE = '23514';

/** A trigger or a constraint refused a write. The transaction can only be rolled back. */
export function isCheckViolation(error: unknown): boolean {
  return error instanceof Error && (sqlStateOf(error) === CHECK_VIOLATION_STATE || error.message.includes(CHECK_VIOLATION_STATE));
}

/** The driver's own code, which Prisma keeps under `meta`. */
function sqlStateOf(error: Error): string | null {
  const meta = (error as { meta?: { code?: unknown; driverAdapterError?: { cause?: { originalCode?: unknown } } } }).meta;
  const code = meta?.driverAdapterError?.cause?.originalCode ?? meta?.code;
  return typeof code === 'string' ? code : null;
}
