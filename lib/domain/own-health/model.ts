/** Farshore about itself: controllers, the age of its own data, and the control database. */

import type { OperationKind, OperationState } from '../operation/model.ts';

/** How a controller is doing. Public facts only; `null` = unknown. */
export interface ControllerReport {
  /** Sentences; empty = nothing is wrong. */
  problems: string[];
  samplesPerSecond: number;
  queuedSamples: number;
  /** Samples that no table had room for since the start: refused, expired or of nodes that are gone. */
  droppedSamples: number;
  /** Age of the newest cluster view at the moment of the report; `null` when it does not lead, or nothing was evaluated yet. */
  viewsAgeMs: number | null;
  residentBytes: number;
  /** The volume of FARSHORE_DIR: keys, and the private control database where there is one. */
  disk: { freeBytes: number; sizeBytes: number } | null;
  privateDatabase: boolean;
  /** FARSHORE_FENCE_COMMAND is set: fencing by command can be chosen. Absent from older controllers. */
  fenceCommandConfigured?: boolean;
  retention: { rawMs: number; tier10Ms: number; tier60Ms: number; tier600Ms: number };
}

export interface SampleTableSize {
  table: string;
  partitions: number;
  bytes: number;
  /** Start of the oldest partition that is kept, as its name tells; `null` when there is none. */
  oldest: string | null;
  /** As PostgreSQL estimates. */
  rows: number | null;
}

export interface ListedController {
  id: string;
  host: string;
  version: string;
  startedAt: string;
  heartbeatAt: string;
  leader: boolean;
  report: ControllerReport | null;
}

/** How operations stand, across the fleet. */
export interface OwnOperations {
  /** Of all that have not ended, with those that wait for approval and those that are held. */
  underWay: number;
  awaitingApproval: number;
  held: number;
  /** Sent to agents by a running operation, and not answered yet. */
  commandsWaiting: number;
  /** `null` when none waits. */
  oldestCommandAt: string | null;
  /** `null` when none has ever ended. */
  lastEnded: { id: string; kind: OperationKind; state: OperationState; cluster: string; endedAt: string } | null;
}

export interface OwnHealthAnswer {
  serverTime: string;
  webVersion: string;
  controllers: ListedController[];
  database: {
    bytes: number;
    serverVersion: string;
    connections: { used: number; limit: number };
    tables: SampleTableSize[];
    others: { table: string; bytes: number }[];
    auditEvents: number;
  };
  operations: OwnOperations;
  newestSampleReceivedAt: string | null;
  newestViewComputedAt: string | null;
  rolledUpAt: string | null;
}
