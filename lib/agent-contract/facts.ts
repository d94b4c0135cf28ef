/**
 * Defines facts, which change rarely: read each minute and when something changed, sent beside the samples. As in `observation.ts`, `null`
 * means that the fact could not be read.
 */
import { z } from 'zod';
import { Count, Instant, LsnText, Name, boundedText } from './primitives.ts';
import { VerbName } from './verbs.ts';

/** A row of `pg_settings` from the list that matters for recovery. Values as PostgreSQL prints them (`current_setting`). */
export const Setting = z.object({
  name: Name,
  /** Secrets are removed before this leaves the node: `primary_conninfo` and `archive_command` are redacted. */
  value: boundedText(2048),
  source: boundedText(64),
  pendingRestart: z.boolean(),
});
export type Setting = z.infer<typeof Setting>;

/** A line of `pg_hba_file_rules`. */
export const HbaRule = z.object({
  lineNumber: Count,
  type: boundedText(20).nullable(),
  databases: z.array(boundedText(128)).max(64),
  users: z.array(boundedText(128)).max(64),
  address: boundedText(128).nullable(),
  netmask: boundedText(64).nullable(),
  method: boundedText(32).nullable(),
  error: boundedText(500).nullable(),
});
export type HbaRule = z.infer<typeof HbaRule>;

export const Certificate = z.object({
  purpose: z.enum(['server', 'server-ca', 'agent']),
  subject: boundedText(512),
  notAfter: Instant,
});
export type Certificate = z.infer<typeof Certificate>;

/** `pg_control_*` functions and `pg_controldata`. */
export const ControlFacts = z.object({
  /** 0 = off. */
  dataChecksumVersion: Count,
  walSegmentBytes: Count,
  blockBytes: Count,
  latestCheckpointLsn: LsnText,
  latestCheckpointTimeline: Count,
  latestCheckpointAt: Instant,
});
export type ControlFacts = z.infer<typeof ControlFacts>;

/** One backup as `pgbackrest info --output=json` tells it. */
export const Backup = z.object({
  label: boundedText(128),
  type: z.enum(['full', 'diff', 'incr']),
  startedAt: Instant,
  finishedAt: Instant,
  databaseBytes: Count,
  repositoryBytes: Count,
  startWal: boundedText(24).nullable(),
  stopWal: boundedText(24).nullable(),
  failed: z.boolean(),
});
export type Backup = z.infer<typeof Backup>;

/** Consecutive segments of one timeline in the repository, first and last name included, and when these two were stored. */
export const WalRun = z.object({
  first: boundedText(24),
  last: boundedText(24),
  firstStoredAt: Instant,
  lastStoredAt: Instant,
});
export type WalRun = z.infer<typeof WalRun>;

/** All WAL segments of the newest archive in the repository, as a listing found them. */
export const WalListing = z.object({
  /** When the listing began, by the node's clock. */
  startedAt: Instant,
  segments: Count,
  storedBytes: Count,
  /** Ascending. At most the newest so many; `complete` is false when older ones were left out. */
  runs: z.array(WalRun).max(500),
  complete: z.boolean(),
});
export type WalListing = z.infer<typeof WalListing>;

/** The repository as this node can see it. `readable` is false when the tool is absent or failed; `message` says which. */
export const BackupRepository = z.object({
  tool: z.literal('pgbackrest'),
  stanza: Name,
  readable: z.boolean(),
  message: boundedText(500).nullable(),
  encrypted: z.boolean().nullable(),
  backups: z.array(Backup).max(200),
  archiveOldestWal: boundedText(24).nullable(),
  archiveNewestWal: boundedText(24).nullable(),
  /** The last listing; made now and then, so that it may be older than the rest. Absent from agents that don't list. */
  wal: WalListing.nullable().optional(),
  /** Why there is no listing, or why the last attempt gave no newer one. */
  walMessage: boundedText(500).nullable().optional(),
});
export type BackupRepository = z.infer<typeof BackupRepository>;

/** A role that may log in for replication, and whether it holds more than it needs. */
export const ReplicationRole = z.object({ name: Name, superuser: z.boolean() });

/** From the server's own log about its archiver. */
export const ArchiverLog = z.object({
  file: boundedText(1024).nullable(),
  /** The lines of the last failure, oldest first, as they stand in the log but for secrets; empty: none in its newest part. */
  lines: z.array(boundedText(500)).max(12),
  /** Why nothing could be read; `null` when the log was read. */
  message: boundedText(500).nullable(),
});
export type ArchiverLog = z.infer<typeof ArchiverLog>;

export const NodeFacts = z.object({
  observedAt: Instant,
  agentVersion: boundedText(40),
  /** Verbs of this agent. Absent = an agent of before this list (`VERBS_BEFORE_REPORTED`). */
  verbs: z.array(VerbName).max(128).optional(),
  hostName: boundedText(255),
  operatingSystem: boundedText(200),
  kernel: boundedText(200),
  architecture: boundedText(40),
  openssl: boundedText(100).nullable(),
  dataDirectory: boundedText(1024).nullable(),
  /** `version()`, such as `PostgreSQL 15.18 (Debian …) on x86_64-pc-linux-gnu`. */
  postgresVersion: boundedText(300).nullable(),
  /** Collation provider and library version of the `postgres` database: must match between a primary and its standbys. */
  collation: boundedText(200).nullable(),
  settings: z.array(Setting).max(128).nullable(),
  hbaRules: z.array(HbaRule).max(500).nullable(),
  certificates: z.array(Certificate).max(16),
  extensions: z
    .array(z.object({ name: Name, version: boundedText(64) }))
    .max(200)
    .nullable(),
  control: ControlFacts.nullable(),
  backupRepository: BackupRepository.nullable(),
  /** Absent from agents that don't read the log. */
  archiverLog: ArchiverLog.nullable().optional(),
  replicationRoles: z.array(ReplicationRole).max(64).nullable(),
  /**
   * Obstacles to `pg_rewind` against this node, as sentences; empty = none; `null` = never tested. While the server is down: the result of
   * the last test.
   */
  rewindObstacles: z.array(boundedText(300)).max(16).nullable(),
  /** Problems that `farshore-agent check` would print, as sentences. */
  agentProblems: z.array(boundedText(300)).max(32),
});
export type NodeFacts = z.infer<typeof NodeFacts>;
