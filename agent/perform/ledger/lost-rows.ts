/** Names the relations that lost transactions changed, and reads the rows that only this node has, from the private copy. */
import type pg from 'pg';
import type { LossLedger } from '../../../lib/agent-contract/loss-ledger.ts';
import type { PrivateCopy } from './private-copy.ts';
import type { Change, FileKey, LostTransaction } from './wal-summary.ts';

type LostRow = NonNullable<LossLedger['rows']>[number];
type LossRelation = LossLedger['relations'][number];

/** Blocks are read in runs; a run is cut so that no single answer grows without bound. */
const BLOCKS_PER_READ = 64;

/** Changes to one file, from committed transactions only. */
export interface FileLoss {
  file: FileKey;
  inserts: number;
  updates: number;
  deletes: number;
  blocks: Set<number>;
  /** Id in a row → its transaction. */
  transactions: Map<string, string>;
  /** Item → what made its present version. */
  made: Map<string, Change>;
  deleted: { transaction: string; count: number }[];
}

/** Gathers transactions by file. Pure. */
export function lossByFile(transactions: readonly LostTransaction[]): FileLoss[] {
  const files = new Map<FileKey, FileLoss>();
  for (const { id, members, touched } of transactions) {
    for (const { file, block, offset, change, count } of touched) {
      const loss = files.get(file) ?? {
        file,
        inserts: 0,
        updates: 0,
        deletes: 0,
        blocks: new Set<number>(),
        transactions: new Map<string, string>(),
        made: new Map<string, Change>(),
        deleted: [],
      };
      files.set(file, loss);
      if (change === 'inserted') loss.inserts += count;
      else if (change === 'updated') loss.updates += count;
      else loss.deletes += count;
      for (const member of members) loss.transactions.set(member, id);
      if (change === 'deleted') loss.deleted.push({ transaction: id, count });
      else {
        loss.blocks.add(block);
        if (offset !== null) loss.made.set(`(${block},${offset})`, change);
      }
    }
  }
  return [...files.values()];
}

const numbersOf = (file: FileKey): { database: number; relation: number } => {
  const [, database, relation] = file.split('/').map(Number);
  return { database: database ?? 0, relation: relation ?? 0 };
};

/** Runs of neighbouring blocks, each short. Pure. */
export function blockRuns(blocks: ReadonlySet<number>): { from: number; to: number }[] {
  const runs: { from: number; to: number }[] = [];
  for (const block of [...blocks].sort((one, other) => one - other)) {
    const last = runs.at(-1);
    if (last !== undefined && block === last.to && last.to - last.from < BLOCKS_PER_READ) last.to = block + 1;
    else runs.push({ from: block, to: block + 1 });
  }
  return runs;
}

const RELATIONS = `select pg_relation_filenode(c.oid)::int8 as file, n.nspname as schema, c.relname as name, c.relkind as kind
  from pg_class c join pg_namespace n on n.oid = c.relnamespace where pg_relation_filenode(c.oid) = any($1::oid[])`;

interface Found {
  schema: string;
  name: string;
  kind: string;
}

const isOfApplication = (found: Found | undefined): boolean =>
  found === undefined || (found.kind !== 't' && !['pg_catalog', 'information_schema', 'pg_toast'].includes(found.schema));

export interface RowSink {
  relation: (relation: LossRelation) => void;
  row: (row: LostRow) => void;
}

async function readRows(client: pg.Client, database: string, found: Found, loss: FileLoss, sink: RowSink): Promise<void> {
  const quote = (name: string): string => client.escapeIdentifier(name);
  const table = `${quote(found.schema)}.${quote(found.name)}`;
  const text = `select t.ctid::text as item, t.xmin::text as transaction, to_jsonb(t.*)::text as row from only ${table} t
    where t.ctid >= $1::tid and t.ctid < $2::tid and t.xmin::text = any($3)`;
  const relation = `${found.schema}.${found.name}`.slice(0, 300);
  for (const { from, to } of blockRuns(loss.blocks)) {
    const { rows } = await client.query<{ item: string; transaction: string; row: string }>(text, [
      `(${from},0)`,
      `(${to},0)`,
      [...loss.transactions.keys()],
    ]);
    for (const { item, transaction, row } of rows) {
      // Rows that came by COPY are not told one by one in the WAL; they are new.
      const change = loss.made.get(item) ?? 'inserted';
      sink.row({ database, relation, change, transaction: loss.transactions.get(transaction) ?? transaction, row });
    }
  }
}

async function readDatabase(client: pg.Client, database: string, losses: readonly FileLoss[], sink: RowSink): Promise<void> {
  const files = losses.map(({ file }) => numbersOf(file).relation);
  const { rows } = await client.query<Found & { file: string }>(RELATIONS, [files]);
  const byFile = new Map(rows.map((row) => [Number(row.file), row]));
  for (const loss of losses) {
    const number = numbersOf(loss.file).relation;
    const found = byFile.get(number);
    if (!isOfApplication(found)) continue;
    const relation = found === undefined ? `file ${number} (dropped or rewritten since)` : `${found.schema}.${found.name}`;
    sink.relation({ database, relation: relation.slice(0, 300), inserts: loss.inserts, updates: loss.updates, deletes: loss.deletes });
    if (found !== undefined) await readRows(client, database, found, loss, sink);
    for (const { transaction, count } of loss.deleted)
      for (let each = 0; each < count; each += 1)
        sink.row({ database, relation: relation.slice(0, 300), change: 'deleted', transaction, row: null });
  }
}

/** Reads everything into the sink, database by database. Throws the server's error. */
export async function readLostRows(copy: PrivateCopy, losses: readonly FileLoss[], sink: RowSink): Promise<void> {
  const catalog = await copy.connect(copy.database);
  const names = new Map<number, string>();
  try {
    const { rows } = await catalog.query<{ oid: string; name: string }>(
      'select oid::int8 as oid, datname as name from pg_database where datallowconn',
    );
    for (const { oid, name } of rows) names.set(Number(oid), name);
  } finally {
    await catalog.end();
  }
  const databases = new Set(losses.map(({ file }) => numbersOf(file).database));
  for (const oid of databases) {
    const name = names.get(oid);
    // Database 0 holds the shared catalogs: roles and databases, no rows of an application.
    if (name === undefined) continue;
    const client = await copy.connect(name);
    try {
      await readDatabase(
        client,
        name,
        losses.filter(({ file }) => numbersOf(file).database === oid),
        sink,
      );
    } finally {
      await client.end();
    }
  }
}
