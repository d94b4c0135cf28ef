/**
 * Describes what a model of a verb sees and does: one model for each verb, shared by the simulator, the scripted fleet and the model
 * cluster. Each of these has servers of its own depth and offers them through `ModelServer`.
 */
import type { CommandResult } from '../../lib/agent-contract/commands.ts';
import type { LossLedger } from '../../lib/agent-contract/loss-ledger.ts';
import type { NodeReport, TimelineHistory } from '../../lib/agent-contract/node-report.ts';
import type { SynchronousStandbys } from '../../lib/agent-contract/primitives.ts';
import type { Verb, VerbArgs, VerbEvidence } from '../../lib/agent-contract/verbs.ts';
import type { z } from 'zod';

/** As much of a server as verbs change. A world without WAL answers that it was received. */
export interface ModelServer {
  readonly name: string;
  readonly process: 'running' | 'stopped' | 'crashed';
  readonly inRecovery: boolean;
  readonly timeline: number;
  /** As `standby.signal`. */
  readonly startsAsStandby: boolean;
  report: () => NodeReport;
  history: () => z.infer<typeof TimelineHistory>;
  /** Where its WAL ends, as it is told to somebody who waits for the end of a stream too. */
  position: () => string;
  holdsPast: (lsn: string) => boolean;
  isStreaming: () => boolean;
  hasStreamEnded: () => boolean;
  follow: (upstream: string | null, slot: string | null) => void;
  setSynchronous: (synchronous: SynchronousStandbys) => void;
  makeSlot: (name: string) => void;
  /** True if it was there. */
  dropSlot: (name: string) => boolean;
  holdRestoreCommand: (held: boolean) => void;
  checkpoint: () => void;
  /** Fast shutdown. @returns the position of the shutdown checkpoint; `null` = none was written. */
  shutDown: () => string | null;
  crash: () => void;
  start: () => void;
  becomeStandby: () => void;
  promote: () => void;
  keepDiverged: () => LossLedger;
  /** Takes over the data of `source`, step by step: asked again while it waits. `null` = done. */
  copyFrom: (source: string, kind: 'rewind' | 'clone') => Wait | Told | null;
  /** The same from the backup. */
  restoreBackup: () => Wait | Told | null;
}

export interface ModelWorld {
  server: ModelServer;
  /** Why the data directory must not be started; `null` = it may. */
  unusable: string | null;
  pooler: (name: string) => { paused: boolean; primary: string | null };
  /** Stops the server when leadership forbids it to be writable; true = it had to. */
  enforceLeadership: () => boolean;
  leads: () => boolean;
}

/** Not yet: ask again in a moment, until the deadline. */
export interface Wait {
  wait: true;
}
/** Refused, or failed. */
export interface Told {
  told: Exclude<CommandResult, { status: 'done' }>;
}
export type Outcome<V extends Verb> = { evidence: VerbEvidence<V> } | Wait | Told;
export type VerbModel<V extends Verb> = (args: VerbArgs<V>, world: ModelWorld) => Outcome<V>;

export const done = <E>(evidence: E): { evidence: E } => ({ evidence });
export const refused = (reason: string): Told => ({ told: { status: 'refused', code: 'precondition-failed', reason } });
export const WAIT: Wait = { wait: true };
