import { describe, expect, test } from 'vitest';
import { aPerson, aToken } from '../../../../test/builders/index.ts';
import { whyNotAcknowledge, whyNotApprove, whyNotCancel, whyNotRelease } from './actions.ts';
import type { ActionSubject } from './actions.ts';
import type { Actor, Role } from '../../policy/permissions.ts';

const person = (role: Role, userId = 1): Actor => aPerson(role, { userId, email: `${role}${userId}@example.com` });
const token = aToken(['operation.request', 'operation.cancel', 'operation.approve']);
const subject = (overrides: Partial<ActionSubject> = {}): ActionSubject => ({
  cluster: 'payments',
  state: 'awaiting-approval',
  requestedBy: 'user:operator1@example.com',
  requestedByUserId: 1,
  decidedByUserIds: [],
  cancelRequestedBy: null,
  releaseRequestedBy: null,
  acknowledgedBy: null,
  mayCancel: { allowed: true, sentence: 'Nothing was changed yet.' },
  ...overrides,
});
const says = (text: string) => [expect.stringContaining(text)];

describe('approving', () => {
  test.each<[string, Actor, ActionSubject, unknown]>([
    ['another approver may', person('approver', 2), subject(), []],
    ['a token never, whatever it holds', token, subject(), says('Only a person')],
    ['the system never', { kind: 'system', process: 'lab' }, subject(), says('Only a person')],
    ['an operator may not', person('operator', 2), subject(), says('may not')],
    ['who requested it may not', person('approver', 1), subject(), says('You requested it')],
    ['nor under the same name', person('approver', 2), subject({ requestedBy: 'user:approver2@example.com' }), says('You requested it')],
    ['once only', person('approver', 2), subject({ decidedByUserIds: [2] }), says('already')],
    ['not when it runs', person('approver', 2), subject({ state: 'running' }), says('it is running')],
  ])('%s', (_what, actor, about, expected) => expect(whyNotApprove(actor, about)).toEqual(expected));
});

describe('cancelling', () => {
  test.each<[string, Actor, ActionSubject, unknown]>([
    ['an operator may', person('operator'), subject({ state: 'running' }), []],
    ['a token that holds it may', token, subject({ state: 'queued' }), []],
    ['a viewer may not', person('viewer'), subject(), says('may not')],
    ['what has ended stays', person('operator'), subject({ state: 'rolled-back' }), says('rolled back')],
    ['once only', person('operator'), subject({ cancelRequestedBy: 'user:bob@example.com' }), says('bob@example.com')],
    [
      'not after the point of no return',
      person('operator'),
      subject({ state: 'running', mayCancel: { allowed: false, sentence: 'Only forward.' } }),
      ['Only forward.'],
    ],
  ])('%s', (_what, actor, about, expected) => expect(whyNotCancel(actor, about)).toEqual(expected));
});

test('releasing needs a held operation and the right to request', () => {
  expect(whyNotRelease(person('operator'), subject({ state: 'held' }))).toEqual([]);
  expect(whyNotRelease(person('approver'), subject({ state: 'held' }))).toEqual(says('may not'));
  expect(whyNotRelease(person('operator'), subject({ state: 'running' }))).toEqual(says('not held'));
  expect(whyNotRelease(person('operator'), subject({ state: 'held', releaseRequestedBy: 'user:x' }))).toEqual(says('x has released'));
});

test('acknowledging needs a result and a person', () => {
  expect(whyNotAcknowledge(person('operator'), subject({ state: 'failed' }))).toEqual([]);
  expect(whyNotAcknowledge(token, subject({ state: 'failed' }))).toEqual(says('Only a person'));
  expect(whyNotAcknowledge(person('operator'), subject({ state: 'held' }))).toEqual(says('not ended'));
  expect(whyNotAcknowledge(person('operator'), subject({ state: 'done', acknowledgedBy: 'user:x' }))).toEqual(says('already'));
});
