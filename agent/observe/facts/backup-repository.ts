/** The backup repository as `pgbackrest info --output=json` tells it from this node. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Backup, BackupRepository } from '../../../lib/agent-contract/facts.ts';
import { messageOf } from '../../../lib/runtime/error-message.ts';
import { redact } from '../redact.ts';

const INFO_TIMEOUT_MS = 10_000;
const OUTPUT_BYTES_MAX = 8 * 1024 * 1024;
const BACKUPS_MAX = 200;
const run = promisify(execFile);

export interface BackupSettings {
  stanza?: string | undefined;
  config?: string | undefined;
  command: string;
}

const Info = z.array(
  z.object({
    name: z.string(),
    cipher: z.string().optional(),
    status: z.object({ code: z.number(), message: z.string() }),
    archive: z.array(z.object({ id: z.string(), min: z.string().nullish(), max: z.string().nullish() })).default([]),
    backup: z
      .array(
        z.object({
          label: z.string(),
          type: z.enum(['full', 'diff', 'incr']),
          error: z.boolean().nullish(),
          timestamp: z.object({ start: z.number(), stop: z.number() }),
          archive: z.object({ start: z.string().nullish(), stop: z.string().nullish() }).optional(),
          info: z.object({ size: z.number(), repository: z.object({ delta: z.number().optional(), size: z.number().nullish() }) }),
        }),
      )
      .default([]),
  }),
);

const atSecond = (seconds: number): string => new Date(seconds * 1000).toISOString();

function toBackup(raw: z.infer<typeof Info>[number]['backup'][number]): Backup {
  return {
    label: raw.label.slice(0, 128),
    type: raw.type,
    startedAt: atSecond(raw.timestamp.start),
    finishedAt: atSecond(raw.timestamp.stop),
    databaseBytes: raw.info.size,
    // `size` is the whole set; absent with block incremental backups, where only the delta is known.
    repositoryBytes: raw.info.repository.size ?? raw.info.repository.delta ?? 0,
    startWal: raw.archive?.start?.slice(0, 24) ?? null,
    stopWal: raw.archive?.stop?.slice(0, 24) ?? null,
    failed: raw.error === true,
  };
}

/** The repository, and the name of the archive that WAL goes to now (a new one begins with each major version of PostgreSQL). */
export interface BackupInfo {
  repository: BackupRepository;
  archiveId: string | null;
}

/** From the JSON of `pgbackrest info`. Throws when it isn't that. */
export function parseBackupInfo(json: string, stanza: string): BackupInfo {
  const found = Info.parse(JSON.parse(json)).find((entry) => entry.name === stanza);
  if (found === undefined) return { repository: unreadable(stanza, `The repository has no stanza ${stanza}.`), archiveId: null };
  const archive = found.archive.at(-1);
  // Code 0: fine; 2: stanza without a valid backup. All others mean that the repository or the stanza can't be used.
  const usable = found.status.code === 0 || found.status.code === 2;
  const repository: BackupRepository = {
    tool: 'pgbackrest',
    stanza,
    readable: usable,
    message: found.status.code === 0 ? null : redact(found.status.message).slice(0, 500),
    encrypted: found.cipher === undefined ? null : found.cipher !== 'none',
    backups: found.backup.slice(-BACKUPS_MAX).map(toBackup),
    archiveOldestWal: archive?.min?.slice(0, 24) ?? null,
    archiveNewestWal: archive?.max?.slice(0, 24) ?? null,
  };
  return { repository, archiveId: archive?.id ?? null };
}

const unreadable = (stanza: string, message: string): BackupRepository => ({
  ...{ tool: 'pgbackrest' as const, stanza, readable: false, message: redact(message).slice(0, 500) },
  ...{ encrypted: null, backups: [], archiveOldestWal: null, archiveNewestWal: null },
});

/** Options of every call: nothing on the console but errors, no log file of its own, and the configuration that was named. */
export const quietly = ({ config }: BackupSettings): string[] => [
  '--log-level-console=error',
  '--log-level-file=off',
  ...(config === undefined ? [] : [`--config=${config}`]),
];

/** `null` when no stanza is configured. Never throws: a failure is the answer `readable: false` with the reason. */
export async function readBackupRepository(settings: BackupSettings): Promise<BackupInfo | null> {
  const { stanza, command } = settings;
  if (stanza === undefined) return null;
  const args = ['info', '--output=json', `--stanza=${stanza}`, ...quietly(settings)];
  const failedWith = (message: string): BackupInfo => ({ repository: unreadable(stanza, message), archiveId: null });
  try {
    const { stdout } = await run(command, args, { timeout: INFO_TIMEOUT_MS, maxBuffer: OUTPUT_BYTES_MAX });
    return parseBackupInfo(stdout, stanza);
  } catch (error) {
    const failed = error as { killed?: boolean; code?: unknown; stderr?: string };
    if (failed.code === 'ENOENT') return failedWith(`${command} is not installed.`);
    if (failed.killed === true) return failedWith(`${command} info gave no answer within ${INFO_TIMEOUT_MS / 1000} s.`);
    return failedWith(failed.stderr?.trim().split('\n')[0] || messageOf(error));
  }
}
