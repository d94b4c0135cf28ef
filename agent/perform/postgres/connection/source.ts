/** Queries another node with the roles that a rewind and a base backup use. */
import type { PerformContext } from '../../performer.ts';
import { PerformRefused } from '../../performer.ts';
import { startupOptions } from '../../../observe/connection.ts';
import { historyFileName, parseHistory } from '../../../observe/history-file.ts';
import type { Ancestor } from '../../../observe/history-file.ts';
import { dataDirectoryOf, ownerOf, programOf } from '../directory/node-paths.ts';
import { replicationConninfo, rewindConninfo } from '../config/primary-conninfo.ts';
import { endOf, runProgram } from '../process/programs.ts';

const STATE = `select system_identifier, pg_is_in_recovery(), (select timeline_id from pg_control_checkpoint()),
  case when not pg_is_in_recovery() then substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) end from pg_control_system()`;

const HISTORY_BYTES_MAX = 1_000_000;

type Asking = Pick<PerformContext, 'config' | 'instance' | 'nodeName' | 'signal'>;

async function ask(context: Asking, source: string, conninfo: string, query: string): Promise<string[]> {
  const { instance, signal } = context;
  const args = ['-X', '-A', '-t', '-q', '-w', '-F', '|', '-d', conninfo, '-c', query];
  const { code, stdout, stderr } = await runProgram(programOf(instance, 'psql'), args, {
    signal,
    owner: ownerOf(dataDirectoryOf(instance)),
    environment: { PGOPTIONS: startupOptions() },
  });
  if (code === 0) return stdout.trim().split('\n')[0]?.split('|') ?? [];
  throw new PerformRefused('precondition-failed', `${source} does not answer this node: ${endOf(stderr, 600)}. Nothing was changed.`);
}

export interface SourceState {
  systemIdentifier: string;
  inRecovery: boolean;
  /** Of its last checkpoint, which pg_rewind goes by. */
  checkpointTimeline: number;
  /** Of what it writes now; `null` for a standby. */
  timeline: number | null;
}

/** @throws {PerformRefused} when the source can't be asked. */
export async function readSource(context: Asking, source: string): Promise<SourceState> {
  const [systemIdentifier = '', recovering = '', checkpoint = '', current = ''] = await ask(
    context,
    source,
    rewindConninfo(context.config, context.nodeName, source),
    STATE,
  );
  return {
    systemIdentifier,
    inRecovery: recovering === 't',
    checkpointTimeline: Number(checkpoint),
    timeline: current === '' ? null : Number.parseInt(current, 16),
  };
}

/** Where the ancestors of the source's timeline ended; `[]` of the first timeline. @throws {PerformRefused} when it can't be asked. */
export async function readSourceHistory(context: Asking, source: string, timeline: number): Promise<Ancestor[]> {
  const file = `pg_wal/${historyFileName(timeline)}`;
  const query = `select replace(convert_from(pg_read_binary_file('${file}', 0, ${HISTORY_BYTES_MAX}, true), 'UTF8'), E'\\n', E'\\x01')`;
  const fields = await ask(context, source, rewindConninfo(context.config, context.nodeName, source), query);
  return parseHistory(fields.join('|').replaceAll('\x01', '\n'));
}

/** The system identifier by a replication connection, which every source of a base backup allows. */
export async function readSystemIdentifier(context: PerformContext, source: string): Promise<string> {
  const conninfo = `${replicationConninfo(context.config, context.nodeName, source)} replication=true`;
  return (await ask(context, source, conninfo, 'IDENTIFY_SYSTEM'))[0] ?? '';
}
