/** Chooses words and tones for operations: a tone has a shape, so that colour is never the only sign. */
import type { Check, OperationState, StepRun, StepStatus } from '../../lib/domain/operation/model.ts';
import type { StateTone } from '../status/words.ts';

export const STATE: Record<OperationState, { word: string; tone: StateTone }> = {
  'awaiting-approval': { word: 'waiting for approval', tone: 'info' },
  queued: { word: 'waiting for the controller', tone: 'info' },
  running: { word: 'running', tone: 'info' },
  'rolling-back': { word: 'rolling back', tone: 'warn' },
  held: { word: 'held: a person must decide', tone: 'bad' },
  done: { word: 'done', tone: 'good' },
  'rolled-back': { word: 'rolled back', tone: 'warn' },
  cancelled: { word: 'cancelled', tone: 'unknown' },
  refused: { word: 'refused', tone: 'bad' },
  failed: { word: 'failed', tone: 'bad' },
};

const STEP: Record<StepStatus, { word: string; tone: StateTone }> = {
  pending: { word: 'pending', tone: 'unknown' },
  running: { word: 'running', tone: 'info' },
  done: { word: 'done', tone: 'good' },
  failed: { word: 'failed', tone: 'bad' },
  skipped: { word: 'skipped', tone: 'unknown' },
  undoing: { word: 'rolling back', tone: 'warn' },
  undone: { word: 'rolled back', tone: 'warn' },
  'undo-failed': { word: 'rollback failed', tone: 'bad' },
};

/** A cancelled step has not failed, although its attempt ended without success. */
export function stepWord({ status, failure }: Pick<StepRun, 'status' | 'failure'>): { word: string; tone: StateTone } {
  return status === 'failed' && failure?.code === 'cancelled' ? { word: 'cancelled', tone: 'unknown' } : STEP[status];
}

export const VERDICT: Record<Check['verdict'], { word: string; tone: StateTone }> = {
  pass: { word: 'passed', tone: 'good' },
  warn: { word: 'warning', tone: 'warn' },
  fail: { word: 'blocked', tone: 'bad' },
  unknown: { word: 'unknown (blocks)', tone: 'unknown' },
};

export const PHASE: Record<'prepare' | 'critical' | 'finish', { title: string; note: string }> = {
  prepare: { title: 'Prepare', note: 'Clients notice nothing.' },
  critical: { title: 'Write outage', note: 'From the first of these steps to the last, no client can write.' },
  finish: { title: 'Finish', note: 'Writes continue during these steps.' },
};
