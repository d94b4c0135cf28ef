/** Decides who may do what with an operation now: sentences that the commands refuse with, and that screens show instead of the button. */
import type { Actor, Permission } from '../../policy/permissions.ts';
import { whyDenied } from '../../policy/permissions.ts';
import { personOf } from '../../policy/person.ts';
import { isEnded } from '../model.ts';
import type { OperationState } from '../model.ts';

/** Input of a decision. `mayCancel` and its sentence come from the machine. */
export interface ActionSubject {
  /** Short name of the cluster that it is about. */
  cluster: string;
  state: OperationState;
  requestedBy: string;
  requestedByUserId: number | null;
  /** Users that have decided about it. */
  decidedByUserIds: readonly number[];
  cancelRequestedBy: string | null;
  /** A release that the controller has not taken up yet. */
  releaseRequestedBy: string | null;
  acknowledgedBy: string | null;
  mayCancel: { allowed: boolean; sentence: string };
}

const denied = (actor: Actor, permission: Permission, { cluster }: Pick<ActionSubject, 'cluster'>): string[] => {
  const sentence = whyDenied(actor, permission, { cluster });
  return sentence === null ? [] : [sentence];
};

const PERSON_ONLY = 'Only a person who is signed in may do this; an API token may not.';

/** Four eyes: an approver is a person, and another one than who asked. */
export function whyNotApprove(actor: Actor, subject: ActionSubject): string[] {
  if (actor.kind !== 'user') return [PERSON_ONLY];
  const missing = denied(actor, 'operation.approve', subject);
  if (missing.length > 0) return missing;
  if (subject.state !== 'awaiting-approval') return [`It does not wait for approval: it is ${stateInWords(subject.state)}.`];
  if (subject.requestedByUserId === actor.userId || subject.requestedBy === `user:${actor.email}`) {
    return ['You requested it: the requester can’t approve. Ask another approver.'];
  }
  if (subject.decidedByUserIds.includes(actor.userId)) return ['You have decided about it already; a decision stands.'];
  return [];
}

export function whyNotCancel(actor: Actor, subject: ActionSubject): string[] {
  const missing = denied(actor, 'operation.cancel', subject);
  if (missing.length > 0) return missing;
  if (isEnded(subject.state)) return [`It has ended: it is ${stateInWords(subject.state)}.`];
  if (subject.cancelRequestedBy !== null)
    return [`${personOf(subject.cancelRequestedBy)} has requested that already; the controller is working on it.`];
  return subject.mayCancel.allowed ? [] : [subject.mayCancel.sentence];
}

export function whyNotRelease(actor: Actor, subject: ActionSubject): string[] {
  const missing = denied(actor, 'operation.request', subject);
  if (missing.length > 0) return missing;
  if (subject.state !== 'held') return [`It is not held, so there is nothing to release: it is ${stateInWords(subject.state)}.`];
  if (subject.releaseRequestedBy !== null)
    return [`${personOf(subject.releaseRequestedBy)} has released it already; the controller is working on it.`];
  return [];
}

export function whyNotAcknowledge(actor: Actor, subject: ActionSubject): string[] {
  if (actor.kind === 'apiToken') return [PERSON_ONLY];
  const missing = denied(actor, 'operation.request', subject);
  if (missing.length > 0) return missing;
  if (!isEnded(subject.state)) return ['It has not ended yet: there is no result to acknowledge.'];
  if (subject.acknowledgedBy !== null) return [`${personOf(subject.acknowledgedBy)} has acknowledged it already.`];
  return [];
}

export function whyNotDownload(actor: Actor, subject: Pick<ActionSubject, 'cluster'>): string[] {
  return denied(actor, 'ledger.read', subject);
}

const STATE_WORDS: Record<OperationState, string> = {
  'awaiting-approval': 'waiting for approval',
  queued: 'about to start',
  running: 'running',
  'rolling-back': 'being rolled back',
  held: 'held',
  done: 'done',
  'rolled-back': 'rolled back',
  cancelled: 'cancelled',
  refused: 'refused',
  failed: 'failed',
};

/** As in “it is …”. */
export const stateInWords = (state: OperationState): string => STATE_WORDS[state];
