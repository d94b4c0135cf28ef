/** Tests the command routes alone: waiting, waking, what is handed out and what is refused; and the agents' journals. */
import { createHash, createPublicKey, randomUUID, verify } from 'node:crypto';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CommandEnvelope, JOURNAL_GENESIS } from '../../lib/agent-contract/commands.ts';
import type { JournalEntry, JournalRecord } from '../../lib/agent-contract/commands.ts';
import type { IdentityResponse } from '../../lib/agent-contract/messages.ts';
import { insertCommands } from '../../lib/db/operations/agent-commands.ts';
import type { NewCommand } from '../../lib/db/operations/agent-commands.ts';
import { issueToken, joinNode, registerCluster, requestJoin, startControllerFixture, waitFor } from '../../test/controller-fixture.ts';
import type { ControllerFixture } from '../../test/controller-fixture.ts';
import type { SimulatedAgent } from '../../test/simulated-agent.ts';
import { ensurePartitions } from '../../lib/db/ground/partitions.ts';
import { inTransaction } from '../../lib/db/ground/pool.ts';
import { JOURNALS_KEPT_MS, dropExpired } from '../../lib/db/ground/retention.ts';
import { makeCommand } from '../execution/agent-step.ts';
import { openCommandSigner, type CommandSigner } from '../pki/command-signer.ts';

const DAY_MS = 24 * 3_600_000;
let fixture: ControllerFixture;
let signer: CommandSigner;
const agents = new Map<string, SimulatedAgent>();

beforeAll(async () => {
  fixture = await startControllerFixture();
  signer = await openCommandSigner(path.join(fixture.dir, 'pki'));
  await registerCluster(fixture.pool, 'ledger', ['one', 'two', 'three', 'four']);
  for (const name of ['one', 'two', 'three', 'four']) agents.set(name, await joinNode(fixture, name));
});
afterAll(async () => {
  for (const agent of agents.values()) agent.close();
  await fixture?.stop();
});

const agentOf = (name: string): SimulatedAgent => {
  const agent = agents.get(name);
  if (agent === undefined) throw new Error(`no ${name}`);
  return agent;
};

/** A signed command for the node, as the steward would give it. */
async function aCommand(name: string, over: Partial<NewCommand> = {}): Promise<NewCommand> {
  const { rows } = await fixture.pool.query<{ id: number; uuid: string }>('SELECT id, uuid FROM node WHERE name = $1', [name]);
  const node = { id: rows[0]?.id ?? 0, uuid: rows[0]?.uuid ?? '', name };
  const order = { cluster: 'ledger', node, operation: null, step: 'test', attempt: 1, verb: 'report' as const, args: {}, term: 1 };
  return { ...makeCommand({ ...order, deadlineMs: 5_000 }, signer, { issuedAtMs: Date.now(), order: null }), ...over };
}
const give = async (name: string, over: Partial<NewCommand> = {}): Promise<NewCommand> => {
  const command = await aCommand(name, over);
  await insertCommands(fixture.pool, [command]);
  return command;
};
const idsOf = (answer: Awaited<ReturnType<SimulatedAgent['poll']>>): string[] =>
  answer.body.commands.map(({ payload }) => (JSON.parse(payload) as { id: string }).id);
const reportOf = (at: string) => ({
  report: {
    ...{ at, running: true, inRecovery: false, timeline: 1, flushLsn: '0/1', receivedLsn: null, replayedLsn: null },
    ...{ receiving: null, replayPaused: null, upstream: null, control: null },
  },
  history: null,
});

test('joining and renewing tell the key that commands are signed with, and nobody else can read its private half', async () => {
  const token = await issueToken(fixture.pool, 'three');
  const joined = await requestJoin(fixture.controller.gatewayUrl, fixture.controller.caPem, token, 'three');
  const { commandKeyPem } = joined.body as IdentityResponse;
  expect(commandKeyPem).toBe(signer.publicKeyPem);
  expect((await stat(path.join(fixture.dir, 'pki/command-signing.pem'))).mode & 0o777).toBe(0o600);
  const { payload, signature } = await aCommand('one');
  expect(verify(null, Buffer.from(payload), createPublicKey(commandKeyPem ?? ''), Buffer.from(signature, 'base64'))).toBe(true);
  expect(CommandEnvelope.parse(JSON.parse(payload))).toMatchObject({ nodeName: 'one', verb: 'report', term: 1 });
  await fixture.pool.query(`UPDATE node_identity SET locked_at = NULL`);
});

test('a request without anything to do is held, and answered at once when there is something', async () => {
  const agent = agentOf('one');
  const nothing = performance.now();
  expect((await agent.poll(300)).body.commands).toEqual([]);
  expect(performance.now() - nothing).toBeGreaterThan(250);
  const held = agent.poll(10_000);
  await waitFor('the held request', async () => ((await health()).commands.agentsWaiting > 0 ? true : null));
  const given = performance.now();
  const command = await give('one');
  expect(idsOf(await held)).toEqual([command.id]);
  expect(performance.now() - given).toBeLessThan(1_000);
  await waitFor('the note of delivery', async () => ((await delivered(command.id)) ? true : null));
  // Handed out again until there is a result, unless the agent says that it has it.
  expect(idsOf(await agent.poll(0))).toEqual([command.id]);
  expect(idsOf(await agent.poll(0, [command.id]))).toEqual([]);
  const envelope = CommandEnvelope.parse(JSON.parse(command.payload));
  expect((await agent.progress(command.id, 'Reading.', 5)).status).toBe(200);
  expect((await agent.result(envelope, { status: 'done', evidence: reportOf(new Date().toISOString()), tookMs: 1 })).status).toBe(200);
  expect(idsOf(await agent.poll(0))).toEqual([]);
});

test('other nodes’ commands, expired and revoked ones are not handed out', async () => {
  const others = await give('two');
  await give('one', { expiresAt: new Date(Date.now() - 1_000).toISOString() });
  const gone = await give('one');
  await fixture.pool.query('UPDATE agent_command SET resolved_at = now() WHERE id = $1', [gone.id]);
  expect(idsOf(await agentOf('one').poll(0))).toEqual([]);
  expect(idsOf(await agentOf('two').poll(0))).toEqual([others.id]);
  await waitFor('the note of delivery', async () => ((await delivered(others.id)) ? true : null));
});

test('what is not understood is refused with the place that is wrong', async () => {
  const agent = agentOf('one');
  expect(await agent.poll(0, ['nonsense'])).toMatchObject({ status: 422, body: { detail: expect.stringContaining('have') } });
  expect(await agent.poll(0, [], 'nonsense')).toMatchObject({ status: 422, body: { detail: expect.stringContaining('instance') } });
  expect(await agent.progress('nonsense', 'x')).toMatchObject({ status: 404 });
  expect(await agent.progress(randomUUID(), 'x')).toMatchObject({ status: 404 });
});

test('two agents with one identity lock it, also when they only ask for commands', async () => {
  const agent = agentOf('three');
  const first = await joinNode(fixture, 'three');
  expect((await first.poll(0)).status).toBe(200);
  const copy = first.copy();
  expect((await copy.poll(0)).status).toBe(200);
  expect(await first.poll(0)).toMatchObject({ status: 403, body: { type: expect.stringContaining('identity-locked') } });
  first.close();
  copy.close();
  agent.close();
});

test('a journal is stored as it came, once, and what does not fit is on the audit log', async () => {
  const agent = agentOf('two');
  const chain = new Chain();
  const known = await give('two');
  const [started, done] = [
    chain.add({ kind: 'started', command: known.id, verb: 'report' }),
    chain.add({ kind: 'done', command: known.id }),
  ];
  expect(await agent.journal([started])).toMatchObject({ status: 200, body: { acceptedThrough: 1 } });
  expect(await agent.journal([started, done])).toMatchObject({ status: 200, body: { acceptedThrough: 2 } });
  expect(await stored('two')).toEqual([started, done]);
  expect(await audited('two')).toEqual([]);

  const foreign = chain.add({ kind: 'started', command: randomUUID(), verb: 'promote' });
  // Of what was performed so long ago nobody knows any more whether it was given.
  const ancient = chain.add({ kind: 'started', command: randomUUID(), verb: 'promote', at: '2020-01-01T00:00:00.000Z' });
  const byHand = chain.add({ kind: 'break-glass', by: 'local:root', verb: 'promote', term: 9, note: 'the controller is gone' });
  await agent.journal([foreign, ancient, byHand]);
  expect(await audited('two')).toEqual([
    ['node.journal-unknown-command', 'system:controller'],
    ['node.break-glass', 'local:root'],
  ]);
  await agent.journal([chain.add({ kind: 'break-glass', by: 'user:ada@example.com', verb: 'promote', term: 9, note: 'not me' })]);
  expect((await audited('two')).slice(2)).toEqual([['node.break-glass', 'system:agent']]);

  chain.add({ kind: 'done' });
  const later = chain.add({ kind: 'done' });
  expect(await broken('two')).toBeNull();
  await agent.journal([later]);
  expect(await broken('two')).toBe('missing');
  const altered = { ...chain.add({ kind: 'done' }), text: '{"another":"text"}' };
  await agent.journal([altered]);
  expect(await broken('two')).toBe('altered');
  expect((await audited('two')).slice(3).map(([action]) => action)).toEqual(['node.journal-break', 'node.journal-break']);
  expect(await agent.journal([later, later])).toMatchObject({ status: 422 });

  // Installed again: the chain begins again, nothing of the earlier one is lost, and a person is told once.
  const again = new Chain();
  const first = again.add({ kind: 'term', term: 10 });
  expect(await agent.journal([first])).toMatchObject({ status: 200, body: { acceptedThrough: 1 } });
  expect(await agent.journal([first, again.add({ kind: 'done' })])).toMatchObject({ status: 200, body: { acceptedThrough: 2 } });
  expect(await broken('two')).toBe('anew');
  expect((await audited('two')).slice(5)).toEqual([['node.journal-break', 'system:controller']]);
  expect((await stored('two')).length).toBe(10);
});

test('a journal whose stored entries were pruned continues from the last one, and one that begins again is told from it', async () => {
  const agent = agentOf('four');
  const chain = new Chain();
  const [first, second] = [chain.add({ kind: 'done' }), chain.add({ kind: 'done' })];
  await agent.journal([first, second]);
  const { dropped } = await dropExpired(fixture.pool, Date.now() + JOURNALS_KEPT_MS + 62 * DAY_MS);
  expect(dropped.filter((name) => name.startsWith('agent_journal_')).length).toBeGreaterThan(0);
  expect(await stored('four')).toEqual([]);

  // The database's clock can't be set: this month is made again.
  await inTransaction(fixture.pool, (client) => ensurePartitions(client, 'agent_journal', [Date.now()]));
  const third = chain.add({ kind: 'done' });
  expect(await agent.journal([second, third])).toMatchObject({ status: 200, body: { acceptedThrough: 3 } });
  expect(await broken('four')).toBeNull();
  expect(await stored('four')).toEqual([third]);

  const again = new Chain();
  await agent.journal([again.add({ kind: 'term', term: 11 })]);
  await agent.journal([again.add({ kind: 'done' })]);
  expect((await audited('four')).map(([action]) => action)).toEqual(['node.journal-break']);
  expect(await broken('four')).toBe('anew');
});

const health = async () => (await (await fetch(fixture.controller.healthUrl)).json()) as { commands: { agentsWaiting: number } };
const delivered = async (id: string) =>
  (await fixture.pool.query<{ at: Date | null }>('SELECT delivered_at AS at FROM agent_command WHERE id = $1', [id])).rows[0]?.at ?? null;
const broken = async (name: string) =>
  (await fixture.pool.query<{ kind: string | null }>('SELECT journal_break_kind AS kind FROM node WHERE name = $1', [name])).rows[0]
    ?.kind ?? null;
const stored = async (name: string) =>
  (
    await fixture.pool.query(
      `SELECT (j.sequence % 1000000000000)::int AS sequence, text, prev_hash AS "prevHash", hash FROM agent_journal j JOIN node n ON n.id = j.node_id
       WHERE n.name = $1 ORDER BY j.sequence`,
      [name],
    )
  ).rows;
const audited = async (name: string): Promise<[string, string][]> =>
  (
    await fixture.pool.query<{ action: string; actor: string }>(
      `SELECT action, actor FROM audit_event WHERE subject = $1 AND action IN ('node.journal-break', 'node.journal-unknown-command', 'node.break-glass')
       ORDER BY sequence`,
      [`node:ledger/${name}`],
    )
  ).rows.map(({ action, actor }) => [action, actor]);

/** A journal as an agent keeps it. */
class Chain {
  #head = { sequence: 0, hash: JOURNAL_GENESIS };

  add(over: Partial<JournalRecord>): JournalEntry {
    const nothing = {
      command: null,
      operation: null,
      step: null,
      attempt: null,
      verb: null,
      term: null,
      nonce: null,
      note: null,
      detail: null,
    };
    const record: JournalRecord = { at: new Date().toISOString(), kind: 'done', by: 'controller', ...nothing, ...over };
    const text = JSON.stringify(record);
    const prevHash = this.#head.hash;
    const hash = createHash('sha256').update(prevHash).update(text).digest('hex');
    this.#head = { sequence: this.#head.sequence + 1, hash };
    return { sequence: this.#head.sequence, text, prevHash, hash };
  }
}
