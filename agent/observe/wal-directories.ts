import type { Session } from './session.ts';

/** From the listings of `pg_wal` and `pg_wal/archive_status`. */
export interface WalDirectories {
  walDirectoryBytes: number | null;
  readyCount: number | null;
  oldestReadyAgeMs: number | null;
}

export const NOTHING_LISTED: WalDirectories = { walDirectoryBytes: null, readyCount: null, oldestReadyAgeMs: null };

const SQL = `select json_build_object(
  'walDirectoryBytes', (select sum(size) from pg_ls_waldir()),
  'readyCount', a.ready,
  'oldestReadyAgeMs', case when a.ready > 0 then greatest(0, round(extract(epoch from clock_timestamp() - a.oldest) * 1000)) end
) as listed from (select count(*) as ready, min(modification) as oldest from pg_ls_archive_statusdir() where name like '%.ready') a`;

/** Every so many ticks while the listing is cheap, and when it is not. Both directories grow with the backlog. */
export const CHEAP_EVERY_TICKS = 5;
export const COSTLY_EVERY_TICKS = 30;
const CHEAP_MS = 4;

/** Lists the two directories now and then, and remembers the last answer in between. Needs `pg_monitor`. */
export class WalDirectoryLister {
  #listed = NOTHING_LISTED;
  #tick = 0;
  #every = 1;

  /** The newest listing. Throws the server's error when a listing was due and failed. */
  async read(session: Session, deadlineMs: number): Promise<WalDirectories> {
    const due = this.#tick % this.#every === 0;
    this.#tick += 1;
    if (!due) return this.#listed;
    const startedAtMs = performance.now();
    this.#listed = NOTHING_LISTED;
    const [row] = await session.query<{ listed: WalDirectories }>({ name: 'wal-directories', text: SQL }, deadlineMs);
    this.#every = performance.now() - startedAtMs <= CHEAP_MS ? CHEAP_EVERY_TICKS : COSTLY_EVERY_TICKS;
    this.#tick = 1;
    this.#listed = row?.listed ?? NOTHING_LISTED;
    return this.#listed;
  }
}
