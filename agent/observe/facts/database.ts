/** Facts that one statement gives: version, collation, extensions, pg_control, roles for replication. */
import type { NodeFacts } from '../../../lib/agent-contract/facts.ts';
import { instant } from '../postgres-sample.ts';
import type { ServerConstants } from '../server-constants.ts';
import type { Session } from '../session.ts';

const PG_15 = 150_000;
const PG_17 = 170_000;

function collation(version: number): string {
  if (version < PG_15) return `'libc ' || d.datcollate`;
  const locale = version >= PG_17 ? 'd.datlocale' : 'd.daticulocale';
  return `concat_ws(' ', case d.datlocprovider when 'c' then 'libc' when 'i' then 'icu' when 'b' then 'builtin' end,
    coalesce(${locale}, d.datcollate), pg_database_collation_actual_version(d.oid))`;
}

const statement = (version: number): string => `select json_build_object(
  'postgresVersion', version(),
  'collation', (select ${collation(version)} from pg_database d where d.datname = 'postgres'),
  'extensions', (select coalesce(json_agg(json_build_object('name', extname, 'version', extversion) order by extname), '[]') from pg_extension),
  'dataChecksumVersion', i.data_page_checksum_version,
  'walSegmentBytes', i.bytes_per_wal_segment,
  'blockBytes', i.database_block_size,
  'latestCheckpointLsn', c.checkpoint_lsn,
  'latestCheckpointTimeline', c.timeline_id,
  'latestCheckpointAt', c.checkpoint_time,
  'replicationRoles', (select coalesce(json_agg(json_build_object('name', rolname, 'superuser', rolsuper) order by rolname), '[]')
    from (select rolname, rolsuper from pg_roles where rolreplication and rolcanlogin order by rolname limit 64) r)
) as facts from pg_control_init() i, pg_control_checkpoint() c`;

interface Raw {
  postgresVersion: string;
  collation: string | null;
  extensions: { name: string; version: string }[];
  dataChecksumVersion: number;
  walSegmentBytes: number;
  blockBytes: number;
  latestCheckpointLsn: string;
  latestCheckpointTimeline: number;
  latestCheckpointAt: string;
  replicationRoles: { name: string; superuser: boolean }[];
}

export type DatabaseFacts = Pick<NodeFacts, 'postgresVersion' | 'collation' | 'extensions' | 'control' | 'replicationRoles'>;

/** Reads them. Throws the server's error. */
export async function readDatabaseFacts(session: Session, constants: ServerConstants, deadlineMs: number): Promise<DatabaseFacts> {
  const text = statement(constants.serverVersionNumber);
  const [row] = await session.query<{ facts: Raw }>({ name: 'facts-database', text }, deadlineMs);
  if (row === undefined) throw new Error('PostgreSQL answered without a row.');
  const { facts } = row;
  return {
    postgresVersion: facts.postgresVersion.slice(0, 300),
    collation: facts.collation?.slice(0, 200) ?? null,
    extensions: facts.extensions.slice(0, 200).map(({ name, version }) => ({ name: name.slice(0, 63), version: version.slice(0, 64) })),
    control: {
      dataChecksumVersion: facts.dataChecksumVersion,
      walSegmentBytes: facts.walSegmentBytes,
      blockBytes: facts.blockBytes,
      latestCheckpointLsn: facts.latestCheckpointLsn,
      latestCheckpointTimeline: facts.latestCheckpointTimeline,
      latestCheckpointAt: instant(facts.latestCheckpointAt) ?? new Date(0).toISOString(),
    },
    replicationRoles: facts.replicationRoles,
  };
}
