import { describe, expect, test } from 'vitest';
import { aClusterInput } from '../../../../test/builders/cluster.ts';
import { AT, Drive, failover, reversion, switchover } from '../../../../test/builders/led-run.ts';
import { aPlan, aPlanningInput, withDeadPrimary } from '../../../../test/builders/operation.ts';
import { ImpossibleEvent, beginRun, followUps, mayCancel, next, replay, resolveAction, waitingSentence, whatNext } from './machine.ts';
import { whyNotReceived } from './resolve.ts';
import type { FailureKind, OperationEvent } from '../model.ts';
import { UNDO_ATTEMPTS_MAX } from './progress.ts';

describe('forward', () => {
  test('a plan whose steps all work ends as done', () => {
    const { run } = switchover().until();
    expect(run).toMatchObject({ state: 'done', reason: 'Every step was done and verified.' });
  });

  test('steps of a stage run side by side; the next stage waits for all of them', () => {
    const drive = switchover().until('report-aws-use1-b');
    expect(drive.statusOf('report-aws-use1-a')).toBe('done');
    expect(drive.statusOf('report-aws-use1-b')).toBe('running');
    expect(whatNext(drive.plan, drive.run)).toEqual([]);
  });

  test.each<FailureKind>(['no-effect', 'unknown'])('a failure of kind %s is tried again under a new key, up to the limit', (kind) => {
    const drive = switchover();
    drive.fails = { 'stop-primary': kind };
    drive.until();
    const attempts = drive.events.flatMap(({ event }) =>
      event.kind === 'step-started' && event.step === 'stop-primary' && !event.undo ? [event.attempt] : [],
    );
    expect(attempts).toEqual([1, 2]);
  });

  test('what an attempt failed of is known when a later one was done', () => {
    const drive = switchover();
    drive.until('stop-primary');
    const failed = { step: 'stop-primary', attempt: 1, undo: false, code: 'busy', reason: 'It is busy.' } as const;
    drive.record({ kind: 'step-failed', failure: 'no-effect', ...failed });
    drive.until();
    const state = drive.run.steps.find(({ id }) => id === 'stop-primary');
    expect(state).toMatchObject({ status: 'done', attempt: 2, failure: null });
    expect(state?.failedAttempts).toEqual([{ attempt: 1, undo: false, code: 'busy', reason: 'It is busy.' }]);
  });

  test('an attempt during which the controller was replaced is none of those that are allowed', () => {
    const drive = failover().until('promise-rax-dfw-a');
    const failed = {
      kind: 'step-failed',
      step: 'promise-rax-dfw-a',
      undo: false,
      failure: 'unknown',
      code: 'deadline',
      reason: 'No answer.',
    } as const;
    drive.record({ kind: 'taken-over', controller: 'c2' });
    drive.record({ ...failed, attempt: 1 });
    expect(whatNext(drive.plan, drive.run)).toEqual([{ act: 'start', step: 'promise-rax-dfw-a', attempt: 2, undo: false }]);
    drive.until('promise-rax-dfw-a');
    drive.record({ ...failed, attempt: 2 });
    expect(whatNext(drive.plan, drive.run)).toMatchObject([{ act: 'start', step: 'choose-candidate' }]);
  });

  test('however often the controller is replaced during one attempt, it is taken off once', () => {
    const drive = failover().until('promise-rax-dfw-a');
    const attempts = () => drive.run.steps.find(({ id }) => id === 'promise-rax-dfw-a');
    const failed = {
      kind: 'step-failed',
      step: 'promise-rax-dfw-a',
      undo: false,
      failure: 'no-effect',
      code: 'busy',
      reason: 'Busy.',
    } as const;
    drive.record({ kind: 'taken-over', controller: 'c2' });
    drive.record({ ...failed, attempt: 1 });
    drive.until('promise-rax-dfw-a');
    expect(attempts()).toMatchObject({ attempt: 2, tries: 1, isTry: true });
    for (const controller of ['c3', 'c4', 'c5']) drive.record({ kind: 'taken-over', controller });
    expect(attempts()).toMatchObject({ attempt: 2, tries: 0, isTry: false });
    drive.record({ ...failed, attempt: 2 });
    drive.record({ kind: 'taken-over', controller: 'c6' });
    expect(attempts(), 'an attempt that has ended stays as it was counted').toMatchObject({ attempt: 2, tries: 0 });
  });

  test('what failed midway is not tried again', () => {
    const drive = switchover();
    drive.fails = { 'stop-primary': 'partial' };
    drive.until();
    expect(drive.events.filter(({ event }) => event.kind === 'step-started' && event.step === 'stop-primary' && !event.undo)).toHaveLength(
      1,
    );
  });

  test('a step that may fail leaves a follow-up, and the operation continues', () => {
    const drive = switchover();
    drive.fails = { 'check-backup': 'no-effect' };
    drive.until();
    expect(drive.run.state).toBe('done');
    expect(drive.run.reason).toMatch(/one step failed: see the follow-ups/);
    expect(followUps(drive.plan, drive.run)).toEqual([expect.stringMatching(/^Verify backups [(]pgbackrest check[)]: It failed\./)]);
  });

  test('the chosen standby does not follow itself', () => {
    const drive = failover();
    drive.evidence = { 'choose-candidate': { chosen: 'rax-dfw-a', timeline: 1 } };
    drive.until();
    expect(drive.run).toMatchObject({ state: 'done', chosen: 'rax-dfw-a' });
    expect(drive.statusOf('follow-rax-dfw-a')).toBe('skipped');
    expect(drive.statusOf('follow-aws-use1-b')).toBe('done');
  });

  test('of a ladder the next rung is tried when one fails, and the rest is skipped when one works', () => {
    const drive = reversion();
    drive.fails = { 'rewind-rax-dfw-a': 'partial' };
    drive.until();
    expect(['rewind', 'restore', 'clone'].map((rung) => drive.statusOf(`${rung}-rax-dfw-a`))).toEqual(['failed', 'done', 'skipped']);
    expect(drive.run.state).toBe('done');
    expect(followUps(drive.plan, drive.run)).toEqual([]);
  });

  test.each([
    ['start-standby-rax-dfw-a', 'partial'],
    ['see-streaming-rax-dfw-a', 'no-effect'],
  ] as const)('a rewound standby whose %s fails is stopped again, and the next rung is tried to its end', (failing, kind) => {
    const drive = reversion();
    drive.fails = { [failing]: kind };
    drive.until();
    expect(drive.statusOf('rewind-rax-dfw-a')).toBe('done');
    const restored = ['fence-before-restore-rax-dfw-a', 'restore-rax-dfw-a', 'see-streaming-rax-dfw-a-after-restore-rax-dfw-a'];
    expect(restored.map((id) => drive.statusOf(id))).toEqual(['done', 'done', 'done']);
    expect(drive.statusOf('clone-rax-dfw-a')).toBe('skipped');
    expect(drive.run.steps.find(({ id }) => id === 'clone-rax-dfw-a')?.skippedBecause).toBe('Not needed: the restore did it.');
    expect(drive.run.state).toBe('done');
    expect(followUps(drive.plan, drive.run)).toEqual([]);
  });

  test('what is left of a rung that broke is skipped; when the last one breaks a person is asked', () => {
    const drive = reversion();
    drive.fails = { 'rewind-rax-dfw-a': 'partial', 'restore-rax-dfw-a': 'partial', 'clone-rax-dfw-a': 'partial' };
    drive.until();
    expect(drive.run.steps.find(({ id }) => id === 'start-standby-rax-dfw-a')?.skippedBecause).toMatch(
      /^Not done: “Rewind .* failed, and with it the rewind\.$/,
    );
    expect(drive.run.state).toBe('held');
  });
});

describe('backward', () => {
  test('before the point of no return a failure rolls back what was done, the last first', () => {
    const drive = switchover();
    drive.fails = { 'take-term': 'no-effect' };
    drive.until();
    expect(drive.run.state).toBe('rolled-back');
    expect(drive.undone().slice(0, 3)).toEqual(['stop-primary', 'point-payments-endpoint', 'pause-payments-endpoint']);
  });

  test('a step whose effect is unknown is rolled back too; one that certainly had none is not', () => {
    const unknown = switchover();
    unknown.fails = { 'stop-primary': 'unknown' };
    expect(unknown.until().undone()[0]).toBe('stop-primary');
    const none = switchover();
    none.fails = { 'stop-primary': 'no-effect' };
    expect(none.until().undone()[0]).toBe('point-payments-endpoint');
  });

  test('it waits for the steps under way, so that no undo overtakes its effect', () => {
    const drive = switchover().until('stop-primary');
    drive.record({ kind: 'cancel-requested', by: 'ada' });
    expect(whatNext(drive.plan, drive.run)).toEqual([{ act: 'roll-back', reason: 'Cancelled by ada.' }]);
    drive.record({ kind: 'rollback-started', reason: 'Cancelled by ada.' });
    expect(whatNext(drive.plan, drive.run)).toEqual([]);
    drive.finish({ step: 'stop-primary', attempt: 1, undo: false });
    drive.until();
    expect(drive.run).toMatchObject({ state: 'cancelled', cancelRequestedBy: 'ada' });
    expect(drive.undone()[0]).toBe('stop-primary');
  });

  test('an undo that fails is tried again, then a person is asked; released, it is retried', () => {
    const drive = switchover();
    drive.fails = { 'take-term': 'no-effect', 'undo stop-primary': 'unknown' };
    drive.until();
    expect(drive.run).toMatchObject({
      state: 'held',
      reason: expect.stringMatching(/“Shut down aws-use1-a .fast.” could not be rolled back/) as string,
    });
    const tries = drive.events.filter(({ event }) => event.kind === 'step-started' && event.step === 'stop-primary' && event.undo);
    expect(tries).toHaveLength(UNDO_ATTEMPTS_MAX);
    drive.fails = {};
    drive.record({ kind: 'released', by: 'ada' });
    expect(drive.until().run.state).toBe('rolled-back');
  });

  test('of a failover: the term is given back before the old primary may start', () => {
    const frozen = new Drive(
      aPlan({ kind: 'failover', target: null, fence: 'agent' }, aPlanningInput(withDeadPrimary(aClusterInput(), 'not-responding'))),
    );
    frozen.fails = { 'choose-candidate': 'no-effect' };
    frozen.until();
    expect(frozen.run.state).toBe('rolled-back');
    expect(frozen.undone().slice(-2)).toEqual(['open-term', 'fence-aws-use1-a']);
    expect(resolveAction(frozen.plan, frozen.run, 'open-term', true)).toMatchObject({
      action: { do: 'take-term', holder: 'aws-use1-a' },
    });
    expect(resolveAction(frozen.plan, frozen.run, 'fence-aws-use1-a', true)).toMatchObject({
      command: { verb: 'start-primary' },
      term: 'next',
    });
  });
});

describe('beyond the point of no return', () => {
  test('a failure is held, a person releases it, and it continues under a new key', () => {
    const drive = switchover();
    drive.fails = { 'promote-aws-use1-b': 'no-effect' };
    drive.until();
    expect(drive.run.state).toBe('held');
    drive.fails = {};
    drive.record({ kind: 'released', by: 'ada' });
    expect(whatNext(drive.plan, drive.run)).toEqual([{ act: 'start', step: 'promote-aws-use1-b', attempt: 4, undo: false }]);
    expect(drive.until().run.state).toBe('done');
  });

  test('a cancel comes too late: it is refused with the reason and has no effect', () => {
    const drive = switchover().until('promote-aws-use1-b');
    expect(mayCancel(drive.plan, drive.run)).toEqual({
      allowed: false,
      sentence: expect.stringMatching(/point of no return has passed/) as string,
    });
    drive.record({ kind: 'cancel-requested', by: 'ada' });
    drive.finish({ step: 'promote-aws-use1-b', attempt: 1, undo: false });
    expect(drive.until().run).toMatchObject({ state: 'done', cancelRequestedBy: null });
  });

  test('what is held may be given up, which ends it as failed', () => {
    const drive = switchover();
    drive.fails = { 'promote-aws-use1-b': 'no-effect' };
    drive.until();
    expect(mayCancel(drive.plan, drive.run)).toMatchObject({
      allowed: true,
      sentence: expect.stringMatching(/without a rollback\. At worst: No node is primary: aws-use1-a is stopped/) as string,
    });
    drive.record({ kind: 'cancel-requested', by: 'ada' });
    expect(drive.until().run).toMatchObject({ state: 'failed', reason: expect.stringMatching(/^Given up by ada/) as string });
  });
});

describe('values that only the run knows', () => {
  test('the promotion waits for the checkpoint that the shutdown proved', () => {
    const drive = switchover();
    drive.evidence = {
      'stop-primary': { control: { checkpointLsn: '0/5000028' } },
      'report-rax-dfw-a': { report: { replayedLsn: '0/4FFFF00' } },
    };
    drive.until('promote-aws-use1-b');
    expect(resolveAction(drive.plan, drive.run, 'promote-aws-use1-b')).toMatchObject({
      command: { args: { receivedPast: '0/5000028', timeline: 1 } },
    });
    expect(resolveAction(drive.plan, drive.run, 'slot-for-rax-dfw-a-on-aws-use1-b')).toMatchObject({
      command: { args: { slots: [{ name: 'rax_dfw_a', lsn: '0/4FFFF00' }] } },
    });
  });

  test('without it nothing is promoted', () => {
    const drive = switchover().until('promote-aws-use1-b');
    expect(() => resolveAction(drive.plan, drive.run, 'promote-aws-use1-b')).toThrow(/needs “control.checkpointLsn” from stop-primary/);
  });

  test.each([
    ['past the checkpoint', { receivedLsn: '0/50000A0' }, null],
    ['where the checkpoint begins', { receivedLsn: '0/5000028' }, /WAL up to 0\/5000028, and not past .* at 0\/5000028/],
    ['before it', { receivedLsn: '0/4FFFFFF' }, /not past the shutdown checkpoint/],
    ['nowhere known', {}, /await-last-wal did not prove a position/],
  ])('the term changes hands only when the target holds the shutdown checkpoint: it is %s', (_where, evidence, why) => {
    const drive = switchover();
    drive.evidence = { 'stop-primary': { control: { checkpointLsn: '0/5000028' } }, 'await-last-wal': evidence };
    drive.until('take-term');
    const { action } = drive.plan.steps.find(({ id }) => id === 'take-term')!;
    const onlyIf = action.by === 'controller' && action.action.do === 'take-term' ? action.action.onlyIf : undefined;
    const said = whyNotReceived(drive.plan, drive.run, onlyIf!);
    if (why === null) expect(said).toBeNull();
    else expect(said).toMatch(why);
  });

  test('the chosen standby keeps slots for the others, and waits for no commit of its own', () => {
    const drive = failover();
    drive.evidence = { 'choose-candidate': { chosen: 'aws-use1-b', timeline: 3 } };
    drive.until('promote-chosen');
    const slots = resolveAction(drive.plan, drive.run, 'slots-on-chosen');
    expect(slots).toMatchObject({
      node: 'aws-use1-b',
      command: { args: { slots: [{ name: 'gcp_use4_a' }, { name: 'rax_dfw_a' }, { name: 'aws_use1_a' }] } },
    });
    expect(resolveAction(drive.plan, drive.run, 'promote-chosen')).toMatchObject({
      node: 'aws-use1-b',
      command: { args: { timeline: 3, receivedPast: null } },
    });
    const step = drive.plan.steps.find(({ id }) => id === 'promote-chosen')!;
    expect(waitingSentence(step, drive.run)).toBe('waiting for the promotion of aws-use1-b');
  });

  test('before the choice nothing names a node', () => {
    const { plan, run } = failover();
    expect(() => resolveAction(plan, run, 'promote-chosen')).toThrow(/none is chosen yet/);
  });

  test('where the histories parted is found from the reports of both', () => {
    const drive = reversion();
    const report = (timeline: number | null, controlTimeline: number) => ({ timeline, control: { timeline: controlTimeline } });
    drive.evidence = {
      'report-aws-use1-a': {
        report: report(3, 3),
        history: [
          { timeline: 1, endLsn: '0/3000000' },
          { timeline: 2, endLsn: '0/5000000' },
        ],
      },
      'report-rax-dfw-a': { report: report(null, 2), history: [{ timeline: 1, endLsn: '0/3000000' }] },
    };
    drive.until('keep-diverged');
    expect(resolveAction(drive.plan, drive.run, 'keep-diverged')).toMatchObject({
      command: { args: { timeline: 2, forkLsn: '0/5000000' } },
    });
  });
});

describe('the journal', () => {
  const begun = () => switchover().until('stop-primary');
  const after =
    (drive: Drive, event: OperationEvent, sequence = drive.events.length + 1) =>
    () =>
      next(drive.plan, drive.run, { sequence, at: AT, event });

  test('replayed, it gives the run that was seen live', () => {
    const drive = switchover();
    drive.fails = { 'take-term': 'no-effect' };
    drive.until();
    expect(replay(drive.plan, drive.events)).toEqual(drive.run);
  });

  test.each<[string, OperationEvent, RegExp]>([
    ['an unknown step', { kind: 'step-started', step: 'nothing', attempt: 1, undo: false }, /no step “nothing”/],
    ['an attempt that was left out', { kind: 'step-started', step: 'take-term', attempt: 2, undo: false }, /does not follow attempt 0/],
    ['a step that runs already', { kind: 'step-started', step: 'stop-primary', attempt: 2, undo: false }, /it is running/],
    [
      'the end of a step that has not begun',
      { kind: 'step-done', step: 'take-term', undo: false, evidence: {}, tookMs: 1 },
      /does not fit step take-term, which is pending/,
    ],
    [
      'an undo while it goes forward',
      { kind: 'step-started', step: 'pause-payments-endpoint', attempt: 2, undo: true },
      /does not fit an operation that is running/,
    ],
    ['an end that is none', { kind: 'ended', state: 'done', reason: '' }, /can’t be done: stop-primary is not/],
    ['a second beginning', { kind: 'started', controller: 'c2' }, /does not fit an operation that is running/],
    ['a release of what is not held', { kind: 'released', by: 'ada' }, /does not fit/],
  ])('refuses %s', (_what, event, sentence) => {
    expect(after(begun(), event)).toThrow(ImpossibleEvent);
    expect(after(begun(), event)).toThrow(sentence);
  });

  test('refuses a gap, a repetition, and anything after the end', () => {
    const drive = begun();
    expect(after(drive, { kind: 'taken-over', controller: 'c2' }, drive.events.length + 2)).toThrow(/has a gap/);
    expect(after(drive, { kind: 'taken-over', controller: 'c2' }, drive.events.length)).toThrow(/has a gap or a repetition/);
    const ended = switchover().until();
    expect(after(ended, { kind: 'taken-over', controller: 'c2' })).toThrow(/is done already/);
  });

  test('refuses a rollback beyond the point of no return', () => {
    const drive = switchover().until('promote-aws-use1-b');
    expect(after(drive, { kind: 'rollback-started', reason: 'No.' })).toThrow(/point of no return has passed/);
  });

  test('cancelled before it began, it ends without a step', () => {
    const plan = switchover().plan;
    const cancelled = next(plan, beginRun(plan), { sequence: 1, at: AT, event: { kind: 'cancel-requested', by: 'ada' } });
    expect(whatNext(plan, cancelled)).toEqual([{ act: 'end', state: 'cancelled', reason: 'Cancelled by ada.' }]);
  });
});
