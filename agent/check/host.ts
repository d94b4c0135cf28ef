/** Files, binaries, certificate and the way to the controller. */
import { accessSync, constants as fsConstants, statSync } from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import type { AgentConfig } from '../config.ts';
import { readBackupRepository } from '../observe/facts/backup-repository.ts';
import { certificateLife, loadIdentity } from '../link/identity.ts';
import type { StoredIdentity } from '../link/identity.ts';
import { tlsOptions } from '../link/request.ts';
import { verifyJournal } from '../journal/verify-journal.ts';
import { messageOf } from '../../lib/runtime/error-message.ts';
import { advice, missing, ok } from './report.ts';
import type { CheckResult } from './report.ts';

const CONTROLLER_DEADLINE_MS = 5000;
/** Farshore's lag in seconds and its leases assume clocks that agree to about this. */
const CLOCK_SKEW_MAX_MS = 2000;
const BINARIES = ['pg_controldata', 'pg_ctl', 'pg_rewind', 'pg_basebackup'] as const;

/** For the user of this process (`constants.R_OK` and the like). */
export function can(file: string, mode: number): boolean {
  try {
    accessSync(file, mode);
    return true;
  } catch {
    return false;
  }
}

/** The state directory: there, ours, and closed to others. */
export function checkStateDirectory(stateDirectory: string): CheckResult {
  const remedy = `install -d -o postgres -g postgres -m 700 ${stateDirectory}`;
  if (!can(stateDirectory, fsConstants.R_OK | fsConstants.W_OK | fsConstants.X_OK)) {
    return missing('state directory', `${stateDirectory} is missing or not writable for this user`, remedy);
  }
  const mode = statSync(stateDirectory).mode & 0o077;
  return mode === 0
    ? ok('state directory', stateDirectory)
    : missing('state directory', `others may enter ${stateDirectory}, which holds the agent's key`, `chmod 700 ${stateDirectory}`);
}

/** Every entry that is kept, from the oldest segment on. */
export function checkJournal(stateDirectory: string): CheckResult {
  try {
    const verdict = verifyJournal(stateDirectory);
    if ('broken' in verdict) {
      return missing(
        'journal',
        `it was changed, or the disk lost a part of it: ${verdict.broken}`,
        'Keep the files for examination, and move them away.',
      );
    }
    const { from, head } = verdict;
    return ok('journal', head.sequence === 0 ? 'empty' : `entries ${from.sequence + 1} to ${head.sequence}, chain whole`);
  } catch (error) {
    return missing('journal', messageOf(error), `Make ${stateDirectory} readable for the user that runs the agent.`);
  }
}

/** Binaries that operations need later on; told now, while there is time. */
export function checkBinaries(binDirectory: string): CheckResult[] {
  return BINARIES.map((name) => {
    const file = path.join(binDirectory, name);
    return can(file, fsConstants.X_OK)
      ? ok(name, file)
      : missing(name, `${file} is missing or can't be run`, 'Install the server package, or set [postgres] bin_directory.');
  });
}

export function checkDataDirectory(dataDirectory: string | null, configured: string | undefined): CheckResult {
  const subject = 'data directory';
  if (dataDirectory === null)
    return missing(subject, 'is unknown', 'Set [postgres] data_directory, or GRANT pg_monitor to the role of the agent.');
  if (configured !== undefined && path.resolve(configured) !== path.resolve(dataDirectory)) {
    return missing(
      subject,
      `is ${dataDirectory}, but the configuration says ${configured}`,
      `[postgres]\ndata_directory = "${dataDirectory}"`,
    );
  }
  return can(path.join(dataDirectory, 'postmaster.pid'), fsConstants.R_OK)
    ? ok(subject, dataDirectory)
    : missing(
        subject,
        `${dataDirectory} can't be read: disk space and the state of a stopped server stay unseen`,
        'Run the agent as the OS user that runs PostgreSQL.',
      );
}

export async function checkBackup(config: AgentConfig): Promise<CheckResult> {
  const repository = (await readBackupRepository(config.backup))?.repository ?? null;
  if (repository === null) return advice('backup', 'no stanza is configured', '[backup]\nstanza = "main"');
  return repository.readable
    ? ok('backup', `${repository.backups.length} backups of ${repository.stanza}`)
    : missing(
        'backup',
        repository.message ?? 'the repository could not be read',
        `${config.backup.command} info --stanza=${repository.stanza}`,
      );
}

/** The identity on disk and its certificate. */
export function checkIdentity(stateDirectory: string, nowMs: number): { results: CheckResult[]; identity: StoredIdentity | null } {
  const joinLine = 'farshore-agent join --controller https://CONTROLLER:PORT --token TOKEN --node NAME';
  const identity = loadIdentity(stateDirectory);
  if (identity === null) return { results: [missing('identity', 'this agent has not joined', joinLine)], identity };
  const { notBeforeMs, notAfterMs } = certificateLife(identity);
  const name = `${identity.nodeName} of ${identity.clusterSlug}`;
  const until = new Date(notAfterMs).toISOString();
  if (nowMs > notAfterMs)
    return { results: [missing('identity', `the certificate of ${name} ended ${until}`, `${joinLine} --force`)], identity };
  if (nowMs < notBeforeMs)
    return {
      results: [
        missing('identity', `the certificate of ${name} is not valid yet: the clock of this host is behind`, 'timedatectl set-ntp true'),
      ],
      identity,
    };
  const results = [ok('identity', `${name}, certificate until ${until}`)];
  if (identity.commandKeyPem === undefined)
    results.push(
      advice('command key', 'this agent has none yet and performs no command', `${joinLine} --force  (or wait for the renewal)`),
    );
  return { results, identity };
}

/**
 * Asks the controller for its clock, trusting our authority alone. Sends no observation: a second sender of one identity would look like a
 * copy of it.
 */
export async function checkController(identity: StoredIdentity): Promise<CheckResult[]> {
  const url = new URL('/v1/', identity.controllerUrl);
  try {
    const sentAtMs = Date.now();
    const dateHeader = await askForDate(url, identity);
    const reachable = ok('controller', `${identity.controllerUrl} answers as ${identity.serverName}`);
    if (dateHeader === null) return [reachable];
    // The header has whole seconds: half a second is the best guess.
    const skewMs = Date.parse(dateHeader) + 500 - (sentAtMs + Date.now()) / 2;
    const found = `differs from the controller's by ${(skewMs / 1000).toFixed(1)} s`;
    return [reachable, Math.abs(skewMs) > CLOCK_SKEW_MAX_MS ? missing('clock', found, 'timedatectl set-ntp true') : ok('clock', found)];
  } catch (error) {
    const remedy = `Check that this host reaches ${url.host}, and [controller] url and server_name. Samples are kept until it answers.`;
    return [missing('controller', `${identity.controllerUrl}: ${messageOf(error)}`, remedy)];
  }
}

function askForDate(url: URL, identity: StoredIdentity): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const request = https.get(url, { ...tlsOptions(identity), agent: false, timeout: CONTROLLER_DEADLINE_MS }, (response) => {
      response.resume();
      resolve(response.headers.date ?? null);
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${CONTROLLER_DEADLINE_MS / 1000} s`)));
    request.on('error', reject);
  });
}
