import { describe, expect, test } from 'vitest';
import type { CommandView, OperationView } from '../../lib/domain/operation/answers/answers.ts';
import type { Plan, Run, Step, StepRun } from '../../lib/domain/operation/model.ts';
import { commandOf, deadlineOf, nextSteps, outageOf, progressOf } from './run-picture.ts';

const step = (id: string, phase: Step['phase']): Step => ({
  ...{ id, stage: 0, phase, title: id, does: '', verifiedBy: '', worst: '', waitsFor: '' },
  action: { by: 'controller', action: { do: 'open-term' } },
  ...{ deadlineMs: 3000, attemptsMax: 1, undo: null, undoText: '', onFailure: 'roll-back' },
});
const state = (id: string, status: StepRun['status'], startedAt: string | null, endedAt: string | null): StepRun => ({
  ...{
    id,
    status,
    attempt: 1,
    tries: 1,
    isTry: false,
    mayHaveActed: false,
    startedAt,
    endedAt,
    evidence: null,
    failure: null,
    failedAttempts: [],
    skippedBecause: null,
  },
});
const planOf = (steps: Step[]): Plan =>
  ({ planVersion: 1, cluster: 'payments', steps, term: 1, pointOfNoReturn: null, approvalsRequired: 0 }) as unknown as Plan;
const runOf = (runState: Run['state'], steps: StepRun[]): Run => ({ state: runState, steps }) as unknown as Run;
const AT = '2026-11-21T04:00:00.000Z';
const LATER = '2026-11-21T04:00:00.180Z';

describe('how long writes wait', () => {
  const plan = planOf([step('checkpoint', 'prepare'), step('pause', 'critical'), step('promote', 'critical'), step('follow', 'finish')]);
  const first = state('checkpoint', 'done', AT, LATER);

  test('not at all before the first critical step', () => {
    expect(outageOf(plan, runOf('running', [first, state('pause', 'pending', null, null)]))).toBeNull();
  });

  test('on and on while a critical step is not over', () => {
    const run = runOf('running', [first, state('pause', 'done', AT, LATER), state('promote', 'pending', null, null)]);
    expect(outageOf(plan, run)).toEqual({ sinceMs: Date.parse(AT), untilMs: null, leftWaiting: false });
  });

  test('until the last of them ended', () => {
    const run = runOf('running', [
      first,
      state('pause', 'done', AT, AT),
      state('promote', 'done', AT, LATER),
      state('follow', 'running', LATER, null),
    ]);
    expect(outageOf(plan, run)).toEqual({ sinceMs: Date.parse(AT), untilMs: Date.parse(LATER), leftWaiting: false });
  });

  test('and still while the last of them is held, also when that is given up', () => {
    const holding = planOf([step('pause', 'critical'), { ...step('promote', 'critical'), onFailure: 'hold' }]);
    const steps = [state('pause', 'done', AT, AT), state('promote', 'failed', AT, LATER)];
    expect(outageOf(holding, runOf('held', steps))).toMatchObject({ untilMs: null, leftWaiting: false });
    expect(outageOf(holding, runOf('failed', steps))).toMatchObject({ leftWaiting: true });
  });
});

test('one that was given up while writes waited leads to a failover first, for there may be no primary to switch over from', () => {
  const request = { kind: 'switchover', target: 'b' };
  const plan = {
    ...planOf([step('pause', 'critical'), { ...step('promote', 'critical'), onFailure: 'hold' }]),
    request,
    before: { primary: 'a' },
  };
  const stepsOf = (steps: StepRun[]): string[] => {
    const view = { kind: 'switchover', state: 'failed', cluster: { slug: 'payments' }, plan, run: runOf('failed', steps) };
    return nextSteps(view as unknown as OperationView).map(({ label }) => label);
  };
  expect(stepsOf([state('pause', 'done', AT, AT), state('promote', 'failed', AT, LATER)])).toEqual(['Fail over…', 'Plan it again…']);
  expect(stepsOf([state('pause', 'pending', null, null), state('promote', 'pending', null, null)])).toEqual(['Plan it again…']);
});

describe('a copy', () => {
  const command: CommandView = {
    ...{ id: '1', step: 'clone', undo: false, attempt: 1, node: 'a', verb: 'clone', issuedAt: AT, deliveredAt: AT, resolvedAt: null },
    progress: { at: '2026-11-21T04:00:10.000Z', doing: 'Copying the base backup.', doneBytes: 1000, totalBytes: 4000 },
  };

  test('has a rate on average and a time that is left', () => {
    expect(progressOf(command, Date.parse('2026-11-21T04:00:11.000Z'))).toMatchObject({ bytesPerSecond: 100, remainingMs: 30_000 });
  });

  test('that is not heard of any more has no time that is left', () => {
    const late = progressOf(command, Date.parse('2026-11-21T04:00:31.000Z'));
    expect(late).toMatchObject({ bytesPerSecond: 100, remainingMs: null, silentMs: 21_000 });
  });

  test('of unknown size has neither', () => {
    const unknown = { ...command, progress: { at: AT, doing: 'Starting.', doneBytes: null, totalBytes: null } };
    expect(progressOf(unknown, Date.parse(LATER))).toMatchObject({ bytesPerSecond: null, remainingMs: null });
    expect(progressOf({ ...command, resolvedAt: LATER }, 0)).toBeNull();
  });

  test('the latest attempt counts', () => {
    expect(commandOf([command, { ...command, id: '2', attempt: 2 }], 'clone')?.id).toBe('2');
    expect(commandOf([command], 'promote')).toBeNull();
  });
});

test('a deadline is that of the attempt under way', () => {
  expect(deadlineOf(step('x', 'prepare'), state('x', 'running', AT, null))).toBe(Date.parse(AT) + 3000);
  expect(deadlineOf(step('x', 'prepare'), state('x', 'done', AT, LATER))).toBeNull();
});
