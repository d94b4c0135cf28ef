import type { Archiver } from '../../lib/agent-contract/observation.ts';
import type pg from 'pg';

/** Can't change while a server process lives: read once per connection. */
export interface ServerConstants {
  systemIdentifier: string;
  serverVersionNumber: number;
  startedAt: string;
  maxConnections: number;
  archiveMode: Archiver['mode'];
  walSegmentBytes: number;
  /** Member of `pg_read_all_settings`: `primary_conninfo` and `data_directory` may be read. */
  mayReadSettings: boolean;
  /** Member of `pg_monitor`: the WAL directories may be listed. */
  isMonitor: boolean;
  dataDirectory: string | null;
}

const SQL = `select json_build_object(
  'systemIdentifier', (select system_identifier::text from pg_control_system()),
  'serverVersionNumber', current_setting('server_version_num')::int,
  'startedAt', pg_postmaster_start_time(),
  'maxConnections', current_setting('max_connections')::int,
  'archiveMode', current_setting('archive_mode'),
  'walSegmentBytes', pg_size_bytes(current_setting('wal_segment_size')),
  'mayReadSettings', pg_has_role('pg_read_all_settings', 'usage'),
  'isMonitor', pg_has_role('pg_monitor', 'usage'),
  'dataDirectory', case when pg_has_role('pg_read_all_settings', 'usage') then current_setting('data_directory') end
) as constants`;

/** Reads the constants on a connection that was just made. Throws the server's error. */
export async function readServerConstants(client: pg.Client): Promise<ServerConstants> {
  const { rows } = await client.query<{ constants: ServerConstants }>(SQL);
  const constants = rows[0]?.constants;
  if (constants === undefined) throw new Error('PostgreSQL gave no answer to the first query.');
  return constants;
}
