/** Lists the WAL of the backup repository now and then, in the background: in an object store a listing costs time and money. */
import { spawn } from 'node:child_process';
import type { WalListing } from '../../../lib/agent-contract/facts.ts';
import { messageOf } from '../../../lib/runtime/error-message.ts';
import { redact } from '../redact.ts';
import type { BackupSettings } from './backup-repository.ts';
import { quietly } from './backup-repository.ts';
import { WalRunReader } from './wal-runs.ts';

const LISTING_DEADLINE_MS = 120_000;
/** The facts wait so long for a listing that was just begun; a longer one comes with the facts of a later minute. */
const PATIENCE_MS = 3_000;
/** A listing is repeated after so many times its own duration, but not more often than the facts are read … */
const REST_FACTOR = 100;
const REST_MIN_MS = 55_000;
/** … and rarely by a node that does not archive: it only stands in for the one that does. */
const REST_MIN_ASIDE_MS = 3 * 60_000;
const ERROR_TEXT_MAX = 2_000;

export interface RepositoryWalState {
  wal: WalListing | null;
  walMessage: string | null;
}

/** Runs `pgbackrest repo-ls` and reads its answer as it comes. Throws a sentence. */
export async function listWal(settings: BackupSettings, archiveId: string, walSegmentBytes: number): Promise<WalListing> {
  const { command, stanza } = settings;
  const startedAt = new Date().toISOString();
  const args = ['repo-ls', '--recurse', '--output=json', ...quietly(settings), `archive/${stanza}/${archiveId}`];
  const reader = new WalRunReader(walSegmentBytes);
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let problem = '';
  let tooLate = false;
  child.stdout.setEncoding('utf8').on('data', (piece: string) => reader.push(piece));
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    if (problem.length < ERROR_TEXT_MAX) problem += piece;
  });
  const timer = setTimeout(() => {
    tooLate = true;
    child.kill('SIGKILL');
  }, LISTING_DEADLINE_MS);
  try {
    const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
    if (tooLate) throw new Error(`Listing the WAL of the repository took longer than ${LISTING_DEADLINE_MS / 1000} s and was ended.`);
    if (code !== 0) throw new Error(problem.trim().split('\n')[0] || `${command} repo-ls ended with code ${code}.`);
    return { startedAt, segments: reader.segments, storedBytes: reader.storedBytes, ...reader.finish() };
  } finally {
    clearTimeout(timer);
  }
}

/** Keeps the last listing and knows when the next one is due. */
export class RepositoryWal {
  #wal: WalListing | null = null;
  #message: string | null = null;
  #running: Promise<void> | null = null;
  #nextAtMs = 0;
  #walSegmentBytes: number | null = null;

  /** The last listing, without making a new one. */
  get last(): WalListing | null {
    return this.#wal;
  }

  /**
   * The newest listing, begun now when one is due. Never throws; takes at most a few seconds.
   * @param walSegmentBytes `null` while PostgreSQL does not say: what it said last counts, it never changes under a running server.
   */
  async read(settings: BackupSettings, archiveId: string, walSegmentBytes: number | null, archives: boolean): Promise<RepositoryWalState> {
    this.#walSegmentBytes = walSegmentBytes ?? this.#walSegmentBytes;
    const segmentBytes = this.#walSegmentBytes;
    if (segmentBytes === null) return { wal: null, walMessage: 'The size of a WAL segment is unknown before PostgreSQL answers.' };
    if (this.#running === null && performance.now() >= this.#nextAtMs) {
      this.#running = this.#list(settings, archiveId, segmentBytes, archives).finally(() => (this.#running = null));
    }
    if (this.#running !== null) {
      let timer: NodeJS.Timeout | undefined;
      const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, PATIENCE_MS)));
      await Promise.race([this.#running, patience]);
      clearTimeout(timer);
    }
    const pending = this.#wal === null && this.#message === null ? 'The first listing of the repository’s WAL is still running.' : null;
    return { wal: this.#wal, walMessage: this.#message ?? pending };
  }

  async #list(settings: BackupSettings, archiveId: string, walSegmentBytes: number, archives: boolean): Promise<void> {
    const startedAtMs = performance.now();
    try {
      this.#wal = await listWal(settings, archiveId, walSegmentBytes);
      this.#message = null;
    } catch (error) {
      this.#message = redact(messageOf(error)).slice(0, 500);
    }
    const tookMs = performance.now() - startedAtMs;
    this.#nextAtMs = startedAtMs + Math.max(archives ? REST_MIN_MS : REST_MIN_ASIDE_MS, tookMs * REST_FACTOR);
  }
}
