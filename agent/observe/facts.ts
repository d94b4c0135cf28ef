/** The slow facts, read each minute and when the role changes. What can't be read is null and named in the log once. */
import type { BackupRepository, NodeFacts, Setting } from '../../lib/agent-contract/facts.ts';
import { VERBS } from '../../lib/agent-contract/verbs.ts';
import type { StoredIdentity } from '../link/identity.ts';
import { debianBinDirectory } from '../instance.ts';
import { messageOf } from '../../lib/runtime/error-message.ts';
import type { Log } from '../log.ts';
import { AGENT_VERSION } from '../version.ts';
import { readArchiverLog } from './facts/archiver-log.ts';
import { readBackupRepository } from './facts/backup-repository.ts';
import type { BackupInfo, BackupSettings } from './facts/backup-repository.ts';
import { readCertificates } from './facts/certificates.ts';
import { readDatabaseFacts } from './facts/database.ts';
import type { DatabaseFacts } from './facts/database.ts';
import { readHbaRules } from './facts/hba.ts';
import { readHost } from './facts/host.ts';
import { readOpenssl } from './facts/openssl.ts';
import type { RepositoryWal } from './facts/repository-wal.ts';
import type { LastRewindTest } from './facts/last-rewind-test.ts';
import { readRewindObstacles } from './facts/rewind-obstacles.ts';
import { readSettings } from './facts/settings.ts';
import type { Session } from './session.ts';

/** Each statement of the slow facts; they may take longer than a tick's, but not hold it up for long. */
const FACT_DEADLINE_MS = 1000;
const NO_DATABASE_FACTS: DatabaseFacts = {
  postgresVersion: null,
  collation: null,
  extensions: null,
  control: null,
  replicationRoles: null,
};

export interface FactsContext {
  session: Session;
  dataDirectory: string | null;
  binDirectory: string | null;
  backup: BackupSettings;
  repositoryWal: RepositoryWal;
  lastRewindTest: LastRewindTest;
  /** The server's log where it is configured; else the server is asked. */
  logFile: string | undefined;
  identity: StoredIdentity | null;
  /** Sentences of `check`; at most 32 of 300 characters leave the node. */
  problems: readonly string[];
  log: Log;
}

/** Where the binaries of this server version stand: as configured, or Debian's place. */
export const binDirectoryFor = (configured: string | undefined, serverVersionNumber: number): string =>
  configured ?? debianBinDirectory(Math.floor(serverVersionNumber / 10_000));

/** Reads all facts; never throws. */
export async function readFacts(context: FactsContext): Promise<NodeFacts> {
  const { session, log } = context;
  const attempt = async <T>(fact: string, read: () => Promise<T>): Promise<T | null> => {
    if (!session.connected) return null;
    return read().catch((error: unknown) => {
      log.repeated('fact-unread', messageOf(error), { fact });
      return null;
    });
  };
  const observedAt = new Date().toISOString();
  const backupInfo = readBackupRepository(context.backup);
  const settings = await attempt<Setting[]>('settings', () => readSettings(session, FACT_DEADLINE_MS));
  const hbaRules = await attempt('pg_hba rules', () => readHbaRules(session, FACT_DEADLINE_MS));
  const database =
    (await attempt('database', async () => readDatabaseFacts(session, await session.ready(FACT_DEADLINE_MS), FACT_DEADLINE_MS))) ??
    NO_DATABASE_FACTS;
  const { control } = database;
  const { binDirectory } = context;
  const tested =
    settings === null || control === null || binDirectory === null
      ? null
      : await attempt('rewind', () => readRewindObstacles(session, settings, control, binDirectory, FACT_DEADLINE_MS));
  const rewindObstacles = tested ?? context.lastRewindTest.recall(context.dataDirectory);
  if (tested !== null && context.dataDirectory !== null) {
    try {
      context.lastRewindTest.note(context.dataDirectory, tested);
    } catch (error) {
      log.repeated('rewind-test-unkept', messageOf(error));
    }
  }
  const archiverLog = await attempt('archiver log', () =>
    readArchiverLog(session, context.logFile, context.dataDirectory, FACT_DEADLINE_MS),
  );
  const inRecovery = await attempt('role', async () => {
    const [row] = await session.query<{ recovering: boolean }>({ text: 'select pg_is_in_recovery() as recovering' }, FACT_DEADLINE_MS);
    return row?.recovering ?? null;
  });
  return {
    observedAt,
    agentVersion: AGENT_VERSION,
    verbs: [...VERBS],
    ...(await readHost()),
    openssl: await readOpenssl(),
    dataDirectory: context.dataDirectory?.slice(0, 1024) ?? null,
    ...database,
    settings,
    hbaRules,
    certificates: await readCertificates(settings, context.dataDirectory, context.identity),
    backupRepository: await withWal(await backupInfo, context, control?.walSegmentBytes ?? null, inRecovery === false),
    archiverLog,
    rewindObstacles,
    agentProblems: context.problems.slice(0, 32).map((problem) => problem.slice(0, 300)),
  };
}

/** The repository with the listing of its WAL, or the reason why there is none. */
async function withWal(
  info: BackupInfo | null,
  { backup, repositoryWal }: FactsContext,
  walSegmentBytes: number | null,
  archives: boolean,
): Promise<BackupRepository | null> {
  if (info === null) return null;
  const { repository, archiveId } = info;
  const without = (walMessage: string): BackupRepository => ({ ...repository, wal: repositoryWal.last, walMessage });
  if (!repository.readable) return without('The repository can’t be read.');
  if (archiveId === null) return without('The repository holds no WAL archive yet.');
  return { ...repository, ...(await repositoryWal.read(backup, archiveId, walSegmentBytes, archives)) };
}
