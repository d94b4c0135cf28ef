/** Lanes: what waits for what, what interrupts what, and what a person on the host is told. Performers are held open by the test. */
import { generateKeyPairSync, randomBytes, randomUUID, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { CommandResult, SignedCommand } from '../../lib/agent-contract/commands.ts';
import type { Verb } from '../../lib/agent-contract/verbs.ts';
import { LeadershipFile } from '../authority/leadership-file.ts';
import { parseConfig } from '../config.ts';
import { CommandJournal } from '../journal/command-journal.ts';
import { createLog } from '../log.ts';
import { CommandRunner } from './command-runner.ts';
import type { PerformContext } from './performer.ts';

const NODE = randomUUID();
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const log = createLog(() => undefined);

let directory: string;
let journal: CommandJournal;
let runner: CommandRunner;
let results: Map<string, CommandResult>;
let held: { verb: Verb; finish: () => void }[];
let issued: number;

beforeEach(() => {
  directory = mkdtempSync(path.join(os.tmpdir(), 'farshore-lanes-'));
  journal = new CommandJournal(directory);
  results = new Map();
  held = [];
  issued = Date.now() - 10_000;
  const perform =
    (verb: Verb) =>
    (args: unknown, { signal, self }: PerformContext) =>
      verb === 'cancel'
        ? self.cancel((args as { command: string }).command).then((cancelled) => ({ cancelled }))
        : new Promise((resolve, reject) => {
            held.push({ verb, finish: () => resolve(EVIDENCE[verb]) });
            signal.addEventListener('abort', () => reject(signal.reason as Error));
          });
  runner = new CommandRunner({
    config: parseConfig('[control]', {}),
    keeper: new LeadershipFile(directory, journal, log),
    load: (verb) => Promise.resolve(perform(verb) as never),
    enforce: () => Promise.resolve(false),
    isStreaming: () => false,
    clock: () => ({ nowMs: Date.now(), offsetMs: 0 }),
    onResult: ({ command, result }) => void results.set(command, result),
    onProgress: () => undefined,
    onStarted: () => undefined,
    onChanged: () => undefined,
    log,
  });
  const commandKeyPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  runner.identify({ node: NODE, nodeName: 'node-a', cluster: 'payments', commandKeyPem });
});
afterEach(async () => {
  await runner.stop(100);
  journal.close();
  rmSync(directory, { recursive: true, force: true });
});

const REPORT = {
  ...{
    at: '2026-12-01T00:00:00.000Z',
    running: true,
    inRecovery: true,
    timeline: 1,
    flushLsn: null,
    receivedLsn: '0/1',
    replayedLsn: '0/1',
  },
  ...{ receiving: true, replayPaused: false, upstream: 'node-b', control: null },
};
const EVIDENCE: Partial<Record<Verb, unknown>> = {
  checkpoint: { tookMs: 1, redoLsn: null },
  clone: { tookMs: 1, bytes: 1 },
  fence: { wasRunning: true, forced: false, stopMs: 1, control: null },
  follow: { report: REPORT },
  promise: { report: REPORT, history: [] },
  reload: { pendingRestart: [] },
  'note-term': { holdsLeadership: false, stopped: false },
};
const ARGS: Partial<Record<Verb, unknown>> = {
  clone: { source: 'node-b', slot: null, replace: true, bytesPerSecondMax: null },
  follow: { upstream: 'node-b', slot: null },
  'keep-diverged': { timeline: 1, forkLsn: '0/1', rowsMax: 1 },
  'note-term': { holder: 'node-b', timeline: null },
};

function command(verb: string, over: { term?: number; deadlineMs?: number; args?: unknown } = {}): { id: string; signed: SignedCommand } {
  issued += 1;
  const envelope = {
    ...{ envelopeVersion: 1, id: randomUUID(), operation: randomUUID(), step: verb, attempt: 1, node: NODE, nodeName: 'node-a' },
    ...{ cluster: 'payments', verb, args: ARGS[verb as Verb] ?? {}, term: 1, nonce: randomBytes(24).toString('base64url') },
    ...{ issuedAt: new Date(issued).toISOString(), expiresAt: new Date(Date.now() + 60_000).toISOString(), deadlineMs: 10_000, ...over },
  };
  const payload = JSON.stringify(envelope);
  return { id: envelope.id, signed: { payload, signature: sign(null, Buffer.from(payload), privateKey).toString('base64') } };
}
function give(verb: string, over: Parameters<typeof command>[1] = {}): string {
  const { id, signed } = command(verb, over);
  runner.take([signed]);
  return id;
}
const resultOf = (id: string): Promise<CommandResult> =>
  vi.waitFor(() => {
    const result = results.get(id);
    if (result === undefined) throw new Error('no result yet');
    return result;
  });
const begun = (verb: Verb) =>
  vi.waitFor(() => {
    const found = held.findLast((one) => one.verb === verb);
    if (found === undefined) throw new Error(`${verb} has not begun`);
    return found;
  });
const DAY_MS = 24 * 60 * 60_000;

describe('lanes', () => {
  test('a promise runs beside a day-long base backup without stopping it', async () => {
    const clone = give('clone', { deadlineMs: DAY_MS });
    await begun('clone');
    const promise = give('promise', { term: 2 });
    (await begun('promise')).finish();
    expect(await resultOf(promise)).toMatchObject({ status: 'done' });
    expect(results.has(clone)).toBe(false);
    (await begun('clone')).finish();
    expect(await resultOf(clone)).toMatchObject({ status: 'done' });
  });

  test('a fence ends a base backup, and its result says what that leaves', async () => {
    const clone = give('clone', { deadlineMs: DAY_MS });
    await begun('clone');
    const fence = give('fence', { term: 2 });
    (await begun('fence')).finish();
    expect(await resultOf(fence)).toMatchObject({ status: 'done' });
    expect(await resultOf(clone)).toMatchObject({ status: 'failed', code: 'cancelled', changed: null });
    expect(await resultOf(clone)).toHaveProperty('reason', expect.stringMatching(/interrupted for fence.*must be restored or cloned/));
  });

  test('a promise ends what would point the node elsewhere under an older term', async () => {
    const follow = give('follow');
    await begun('follow');
    const promise = give('promise', { term: 2 });
    expect(await resultOf(follow)).toMatchObject({ status: 'failed', code: 'cancelled' });
    (await begun('promise')).finish();
    expect(await resultOf(promise)).toMatchObject({ status: 'done' });
  });

  test('what waited when a fence came is not performed after it', async () => {
    give('follow');
    await begun('follow');
    const waiting = give('reload');
    const fence = give('fence', { term: 1 });
    (await begun('fence')).finish();
    await resultOf(fence);
    expect(await resultOf(waiting)).toMatchObject({ status: 'refused', code: 'expired' });
    expect(held.map(({ verb }) => verb)).toEqual(['follow', 'fence']);
  });

  test('what comes after a fence waits for its end', async () => {
    give('fence');
    await begun('fence');
    const after = give('reload');
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(held.map(({ verb }) => verb)).toEqual(['fence']);
    (await begun('fence')).finish();
    (await begun('reload')).finish();
    expect(await resultOf(after)).toMatchObject({ status: 'done' });
  });

  test('a checkpoint holds nobody back, and one lane performs one command at a time', async () => {
    const checkpoint = give('checkpoint', { deadlineMs: 600_000 });
    await begun('checkpoint');
    const reload = give('reload');
    (await begun('reload')).finish();
    expect(await resultOf(reload)).toMatchObject({ status: 'done' });
    const second = give('checkpoint', { deadlineMs: 600_000 });
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(held.filter(({ verb }) => verb === 'checkpoint')).toHaveLength(1);
    held.find(({ verb }) => verb === 'checkpoint')?.finish();
    expect(await resultOf(checkpoint)).toMatchObject({ status: 'done' });
    await vi.waitFor(() => expect(held.filter(({ verb }) => verb === 'checkpoint')).toHaveLength(2));
    held.findLast(({ verb }) => verb === 'checkpoint')?.finish();
    expect(await resultOf(second)).toMatchObject({ status: 'done' });
  });

  test('a change of the server ends the reading of its lost rows, which can’t continue beside it', async () => {
    const keep = give('keep-diverged', { deadlineMs: 1_800_000 });
    await begun('keep-diverged');
    give('reload');
    expect(await resultOf(keep)).toMatchObject({ status: 'failed', code: 'cancelled' });
    expect(await resultOf(keep)).toHaveProperty('reason', expect.stringContaining('stays in the keep directory'));
    (await begun('reload')).finish();
  });

  test('who leads is noted while a base backup runs', async () => {
    give('clone', { deadlineMs: DAY_MS });
    await begun('clone');
    const note = give('note-term', { term: 3 });
    (await begun('note-term')).finish();
    expect(await resultOf(note)).toMatchObject({ status: 'done' });
  });

  test('what would wait for hours is refused as busy, with who is at work', async () => {
    give('clone', { deadlineMs: DAY_MS });
    await begun('clone');
    const refused = await resultOf(give('follow'));
    expect(refused).toMatchObject({ status: 'refused', code: 'busy' });
    expect(refused).toHaveProperty(
      'reason',
      expect.stringMatching(/^The agent is busy with clone since .* Wait for its end, or cancel it\.$/),
    );
  });

  test('a command that waits can be cancelled, and is answered', async () => {
    const follow = give('follow');
    await begun('follow');
    const waiting = give('reload');
    const cancel = give('cancel', { args: { command: waiting } });
    expect(await resultOf(cancel)).toMatchObject({ status: 'done', evidence: { cancelled: true } });
    expect(await resultOf(waiting)).toMatchObject({ status: 'refused' });
    (await begun('follow')).finish();
    expect(await resultOf(follow)).toMatchObject({ status: 'done' });
  });
});

describe('a command that this agent does not know', () => {
  test('is answered at once, also beside a long one, and counts as new', async () => {
    give('clone', { deadlineMs: DAY_MS });
    await begun('clone');
    const before = runner.received;
    const refused = await resultOf(give('drill-restore'));
    expect(refused).toMatchObject({ status: 'refused', code: 'not-understood' });
    expect(refused).toHaveProperty('reason', expect.stringContaining('update the agent of node-a'));
    expect(runner.received).toBe(before + 1);
  });
});

describe('a person on the host', () => {
  const asked = {
    verb: 'promote',
    args: { timeline: 1, receivedPast: null, waitMs: 0 },
    term: 2,
    by: 'local:anna',
    reason: 'the site is lost',
  } as const;

  test('takes a turn: a command of the controller waits for it, and is told who is at work when that takes long', async () => {
    const done = runner.performLocally({ ...asked, deadlineMs: 300_000 });
    await begun('promote');
    const refused = await resultOf(give('reload', { term: 2 }));
    expect(refused).toHaveProperty('reason', expect.stringMatching(/busy with promote \(asked for by local:anna\) since/));
    held[0]?.finish();
    await done;
  });

  test('is told at once when a turn would not come in time', async () => {
    give('clone', { deadlineMs: DAY_MS });
    await begun('clone');
    await expect(runner.performLocally({ ...asked, deadlineMs: 60_000 })).rejects.toThrow(/busy with clone since .* Nothing was done/);
  });
});
