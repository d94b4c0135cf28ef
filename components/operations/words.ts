/** How operations are said and drawn: words for people, and a tone with its shape, so that colour is never alone. */
import type { Check, OperationState, StepRun, StepStatus } from '../../lib/domain/operation/model.ts';
import type { StateTone } from '../status/words.ts';

export const STATE: Record<OperationState, { word: string; tone: StateTone }> = {
  'awaiting-approval': { word: 'waits for approval', tone: 'info' },
  queued: { word: 'waits for the controller', tone: 'info' },
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
  pending: { word: 'not begun', tone: 'unknown' },
  running: { word: 'running', tone: 'info' },
  done: { word: 'done', tone: 'good' },
  failed: { word: 'failed', tone: 'bad' },
  skipped: { word: 'skipped', tone: 'unknown' },
  undoing: { word: 'being taken back', tone: 'warn' },
  undone: { word: 'taken back', tone: 'warn' },
  'undo-failed': { word: 'could not be taken back', tone: 'bad' },
};

/** A step that was called off has not failed, although its attempt ended without success. */
export function stepWord({ status, failure }: Pick<StepRun, 'status' | 'failure'>): { word: string; tone: StateTone } {
  return status === 'failed' && failure?.code === 'cancelled' ? { word: 'called off', tone: 'unknown' } : STEP[status];
}

export const VERDICT: Record<Check['verdict'], { word: string; tone: StateTone }> = {
  pass: { word: 'passed', tone: 'good' },
  warn: { word: 'mind this', tone: 'warn' },
  fail: { word: 'blocks', tone: 'bad' },
  unknown: { word: 'not known, blocks', tone: 'unknown' },
};

export const PHASE: Record<'prepare' | 'critical' | 'finish', { title: string; note: string }> = {
  prepare: { title: 'Prepare', note: 'Clients notice nothing.' },
  critical: { title: 'Writes wait', note: 'From the first of these steps to the last, nobody can write.' },
  finish: { title: 'Finish', note: 'Writes go on while the rest is put in order.' },
};
