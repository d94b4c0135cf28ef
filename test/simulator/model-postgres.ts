/**
 * A model of PostgreSQL that is true in what matters for a change of primary: WAL is a list of records, each written on a timeline; a
 * standby takes over what its upstream has as long as its own WAL is a beginning of it; a commit is acknowledged when it is in the
 * primary's WAL and, where synchronous, in that of enough standbys; a shutdown ends with a checkpoint record; a promotion begins a timeline.
 */

/** `row` is a client's commit, `mark` everything else (checkpoints, ends of recovery). */
export interface WalRecord {
  timeline: number;
  row: number | null;
  mark: string | null;
}

/** An unfinished copy: no server could continue from it. */
const HALF: WalRecord = { timeline: 1, row: null, mark: 'half a copy' };

export type ServerProcess = 'running' | 'stopped' | 'crashed';

export interface SynchronousSetting {
  required: number;
  standbys: readonly string[];
}

export class ModelPostgres {
  readonly name: string;
  wal: WalRecord[];
  process: ServerProcess = 'running';
  /** As `standby.signal`: it starts in recovery. */
  standbySignal: boolean;
  inRecovery: boolean;
  upstream: string | null;
  synchronous: SynchronousSetting | null = null;
  /** Such as `shut down`; only meaningful while it does not run. */
  controlState: 'in production' | 'shut down' | 'in recovery' = 'in production';
  /** Position of the shutdown checkpoint, as pg_controldata tells it. */
  shutdownCheckpoint: number | null = null;
  /** The last checkpoint was made on this timeline: what pg_rewind sees. */
  checkpointTimeline: number;
  /** Walsenders of a server that is shutting down still deliver until then. */
  sendersUntilMs = -1;
  /** Rows that existed only on this node were saved elsewhere. */
  ledgerKept = false;
  /** A copy into its directory that is under way: so many more looks, and whether it breaks off at the end. */
  copy: { left: number; breaksOff: boolean } | null = null;
  /** How often it was promoted, for the checks of a run. */
  promotions: { timeline: number; atMs: number }[] = [];

  constructor(name: string, wal: readonly WalRecord[], upstream: string | null) {
    this.name = name;
    this.wal = [...wal];
    this.upstream = upstream;
    this.inRecovery = upstream !== null;
    this.standbySignal = this.inRecovery;
    this.checkpointTimeline = this.timeline;
  }

  get isHalfCopied(): boolean {
    return this.wal[0] === HALF;
  }

  beginCopy(looks: number, breaksOff: boolean): void {
    this.wal = [HALF];
    this.copy = { left: looks, breaksOff };
  }

  get timeline(): number {
    return this.wal.at(-1)?.timeline ?? 1;
  }

  get lsn(): number {
    return this.wal.length;
  }

  get writable(): boolean {
    return this.process === 'running' && !this.inRecovery;
  }

  /** True if a standby can take WAL from here now. */
  sends(nowMs: number): boolean {
    return this.process === 'running' || nowMs <= this.sendersUntilMs;
  }

  append(record: WalRecord): number {
    this.wal.push(record);
    return this.wal.length;
  }

  /** A standby takes at most `records` over from `upstream`. Says whether its WAL is a beginning of the upstream's. */
  receive(upstream: ModelPostgres, records: number): 'ahead-or-diverged' | 'streaming' {
    if (!this.isBeginningOf(upstream)) return 'ahead-or-diverged';
    for (let count = 0; count < records && this.wal.length < upstream.wal.length; count += 1) {
      const record = upstream.wal[this.wal.length];
      if (record !== undefined) this.wal.push(record);
    }
    return 'streaming';
  }

  /** Records are shared by reference, so that two of them are the same only if one server wrote them. */
  isBeginningOf(other: ModelPostgres): boolean {
    const last = this.wal.length - 1;
    return last < 0 || (other.wal.length > last && other.wal[last] === this.wal[last]);
  }

  shutDown(nowMs: number, sendersMs: number): void {
    if (this.process !== 'running') return;
    if (!this.inRecovery) {
      this.shutdownCheckpoint = this.lsn;
      this.append({ timeline: this.timeline, row: null, mark: 'shutdown checkpoint' });
      this.checkpointTimeline = this.timeline;
    }
    this.controlState = this.inRecovery ? 'in recovery' : 'shut down';
    this.process = 'stopped';
    this.sendersUntilMs = nowMs + sendersMs;
  }

  /** Immediate shutdown, kill -9, power off. */
  crash(): void {
    if (this.process === 'running') this.controlState = this.inRecovery ? 'in recovery' : 'in production';
    this.process = 'crashed';
    this.sendersUntilMs = -1;
  }

  start(): void {
    if (this.process === 'running') return;
    this.process = 'running';
    this.inRecovery = this.standbySignal;
    this.shutdownCheckpoint = null;
    this.controlState = this.inRecovery ? 'in recovery' : 'in production';
  }

  promote(nowMs: number): void {
    if (!this.inRecovery || this.process !== 'running') return;
    const timeline = this.timeline + 1;
    this.inRecovery = false;
    this.standbySignal = false;
    this.upstream = null;
    this.append({ timeline, row: null, mark: 'end of recovery' });
    this.promotions.push({ timeline, atMs: nowMs });
  }

  /** Rows that this node has and the other has not. */
  rowsMissingIn(other: ModelPostgres): number[] {
    const there = new Set(other.wal.map(({ row }) => row));
    return this.wal.flatMap(({ row }) => (row !== null && !there.has(row) ? [row] : []));
  }
}
