/**
 * `global/pg_control`, read in place: a shutdown is followed every few milliseconds, and starting pg_controldata each time would take
 * longer than what is waited for. The head of the file has kept its layout from PostgreSQL 13 to 18; any other version is read
 * through pg_controldata.
 */
import type { Instance } from '../../../instance.ts';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { endianness } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { ControlState } from '../../../../lib/agent-contract/node-report.ts';
import { lsnText } from '../../../observe/history-file.ts';
import { dataDirectoryOf, ownerOf, programOf } from './node-paths.ts';
import { environmentOf } from '../process/programs.ts';

const run = promisify(execFile);
const PROGRAM_DEADLINE_MS = 10_000;
/** PG_CONTROL_VERSION of PostgreSQL 13–16, 17 and 18. */
const KNOWN_LAYOUTS = new Set([1300, 1700, 1800]);
const HEAD_BYTES = 56;
/** DBState of PostgreSQL's pg_control.h, with the words of pg_controldata. */
const STATES = [
  'starting up',
  'shut down',
  'shut down in recovery',
  'shutting down',
  'in crash recovery',
  'in archive recovery',
  'in production',
] as const;

export interface ControlData extends ControlState {
  systemIdentifier: string;
}

/** `null`: not there, not understood, or being written at this moment. */
export function parseControlHead(bytes: Buffer): ControlData | null {
  if (bytes.length < HEAD_BYTES || endianness() !== 'LE' || !KNOWN_LAYOUTS.has(bytes.readUInt32LE(8))) return null;
  const state = STATES[bytes.readUInt32LE(16)];
  const timeline = bytes.readUInt32LE(48);
  if (state === undefined || timeline === 0) return null;
  return {
    systemIdentifier: bytes.readBigUInt64LE(0).toString(),
    state,
    checkpointLsn: lsnText(bytes.readBigUInt64LE(32)),
    redoLsn: lsnText(bytes.readBigUInt64LE(40)),
    timeline,
  };
}

/** Reads the file twice: the server writes it in one piece, but nothing promises that it is read in one. */
export function readControlHead(dataDirectory: string): ControlData | null {
  try {
    const file = path.join(dataDirectory, 'global', 'pg_control');
    const first = readFileSync(file).subarray(0, HEAD_BYTES);
    const second = readFileSync(file).subarray(0, HEAD_BYTES);
    return first.equals(second) ? parseControlHead(second) : null;
  } catch {
    return null;
  }
}

/** Parses what `LC_ALL=C pg_controldata` prints. `null` when a line is missing. */
export function parseControlData(text: string): ControlData | null {
  const values = new Map(
    text.split('\n').flatMap((line): [string, string][] => {
      const colon = line.indexOf(':');
      return colon < 0 ? [] : [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()]];
    }),
  );
  const systemIdentifier = values.get('Database system identifier');
  const state = values.get('Database cluster state');
  const checkpointLsn = values.get('Latest checkpoint location');
  const redoLsn = values.get("Latest checkpoint's REDO location");
  const timeline = Number(values.get("Latest checkpoint's TimeLineID"));
  if (systemIdentifier === undefined || state === undefined || checkpointLsn === undefined || redoLsn === undefined) return null;
  return Number.isInteger(timeline) && timeline > 0 ? { systemIdentifier, state, checkpointLsn, redoLsn, timeline } : null;
}

type Place = Pick<Instance, 'dataDirectory' | 'binDirectory'>;

/** pg_control of this node, or `null` when it can't be read. */
export async function readControl(instance: Place, deadlineMs = PROGRAM_DEADLINE_MS): Promise<ControlData | null> {
  const dataDirectory = dataDirectoryOf(instance);
  const head = readControlHead(dataDirectory);
  if (head !== null) return head;
  const text = await controlDataText(instance, deadlineMs);
  return text === null ? null : parseControlData(text);
}

/** Output of `pg_controldata` in English; `null` when it can't be run. */
export async function controlDataText(instance: Place, deadlineMs = PROGRAM_DEADLINE_MS): Promise<string | null> {
  const dataDirectory = dataDirectoryOf(instance);
  try {
    const { stdout } = await run(programOf(instance, 'pg_controldata'), ['-D', dataDirectory], {
      ...ownerOf(dataDirectory),
      cwd: '/',
      env: environmentOf(),
      timeout: deadlineMs,
    });
    return stdout;
  } catch {
    return null;
  }
}

/** How far a standby must have replayed to be consistent, and on which timeline; `null` when that is not noted or can't be read. */
export function parseMinimumRecovery(text: string): { lsn: string; timeline: number } | null {
  const lsn = /^Minimum recovery ending location:\s*(\S+)$/m.exec(text)?.[1];
  const timeline = Number(/^Min recovery ending loc's timeline:\s*(\d+)$/m.exec(text)?.[1]);
  return lsn === undefined || lsn === '0/0' || !(timeline > 0) ? null : { lsn, timeline };
}

export async function readMinimumRecovery(instance: Instance): Promise<{ lsn: string; timeline: number } | null> {
  const text = await controlDataText(instance);
  return text === null ? null : parseMinimumRecovery(text);
}

/** Without what only this agent uses. */
export const controlState = (data: ControlData): ControlState => ({
  state: data.state,
  checkpointLsn: data.checkpointLsn,
  redoLsn: data.redoLsn,
  timeline: data.timeline,
});
