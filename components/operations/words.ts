/** How operations are said and drawn: words for people, and a tone with its shape, so that colour is never alone. */
import type { Check, OperationKind, OperationState, StepRun, StepStatus } from '../../lib/domain/operation/model.ts';
import type { StateTone } from '../status/words.ts';

interface KindWords {
  /** On a link or a button that leads to the plan. */
  link: string;
  /** The heading of its page: two verbs never share one. */
  heading: string;
  /** In a list. */
  short: string;
  about: string;
  /** Of the button that starts it. */
  confirm: string;
  /** What the target is called on the page. */
  target: string;
}

export const KIND: Record<OperationKind, KindWords> = {
  switchover: {
    link: 'Switch over…',
    heading: 'Switch over (no acknowledged row is lost)',
    short: 'Switchover',
    about: 'A planned change of primary. Writes wait about a second, and the old primary follows as a standby.',
    confirm: 'Switch over',
    target: 'New primary',
  },
  failover: {
    link: 'Fail over…',
    heading: 'Fail over (may lose data)',
    short: 'Failover',
    about: 'The primary is gone: it is fenced, and the most advanced standby takes over. What it had not sent is lost.',
    confirm: 'Fail over',
    target: 'New primary',
  },
  reversion: {
    link: 'Revert…',
    heading: 'Revert (bring a former primary back)',
    short: 'Reversion',
    about: 'A node that was primary, or has left the history of the cluster, becomes a standby again. What only it has is kept first.',
    confirm: 'Revert',
    target: 'Node to bring back',
  },
  'add-standby': {
    link: 'Add standby…',
    heading: 'Add a standby',
    short: 'Add standby',
    about: 'Copies the database to a node whose agent has joined, by a base backup, and lets it stream.',
    confirm: 'Add the standby',
    target: 'New standby',
  },
  're-parent': {
    link: 'Re-parent…',
    heading: 'Re-parent (stream from another node)',
    short: 'Re-parent',
    about: 'A standby streams from another node from now on. It is not restarted, and the primary takes writes all the time.',
    confirm: 'Re-parent',
    target: 'Standby to move',
  },
  'drop-slot': {
    link: 'Drop slot…',
    heading: 'Drop a replication slot',
    short: 'Drop slot',
    about: 'Frees the WAL that a slot keeps. Whoever used it and has not received that WAL needs a new base backup.',
    confirm: 'Drop the slot',
    target: 'Node that has the slot',
  },
  restart: {
    link: 'Restart…',
    heading: 'Restart PostgreSQL',
    short: 'Restart',
    about: 'Restarts the server of one node, so that settings that need it take effect. On the primary, writes wait meanwhile.',
    confirm: 'Restart',
    target: 'Node',
  },
  reload: {
    link: 'Reload…',
    heading: 'Reload the configuration',
    short: 'Reload',
    about: 'The server reads its configuration again. Nothing is interrupted; settings that need a restart are named.',
    confirm: 'Reload',
    target: 'Node',
  },
};

export const isKind = (text: string): text is OperationKind => Object.hasOwn(KIND, text);

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
