/**
 * Does what people and hosts do wrong, on real servers: a clock that is off, commands played again, full disks, a target that goes away.
 * Each is refused or ends with a sentence that names the thing, and the cluster is as it was.
 */
import { randomUUID } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { closeSync, lstatSync, openSync, readlinkSync, rmSync, statfsSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeCommand } from '../../controller/execution/agent-step.ts';
import { openCommandSigner } from '../../controller/pki/command-signer.ts';
import { CommandRefused } from '../../lab/operator.ts';
import { waitFor } from '../../lab/waiting.ts';
import type { CommandEnvelope, CommandResult } from '../../lib/agent-contract/commands.ts';
import type { NewCommand } from '../../lib/db/operations/agent-commands.ts';
import { insertCommands } from '../../lib/db/operations/agent-commands.ts';
import type { OperationRequest } from '../../lib/domain/operation/model.ts';
import type { ClusterView } from '../../lib/domain/topology/model.ts';
import { setShiftedClock, shiftedClock } from '../bad-clock.ts';
import { OperatedLab } from './change-of-primary.ts';
import { hasFinding, nodeOf, startWatch } from './watched-lab.ts';
import type { Watch } from './watched-lab.ts';
import { lastResort } from '../../setup/patience.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const MIB = 1024 ** 2;
/** Oftener than a target is looked at on its way to be promoted. */
const FILL_AGAIN_MS = 10;
const CLUSTER = 'payments';
const A = 'aws-use1-a';
const B = 'aws-use1-b';
const FAR = 'rax-dfw-a';

let watch: Watch;
let operated: OperatedLab;

beforeAll(async () => {
  watch = await startWatch(undefined, { clusters: [CLUSTER] });
  operated = new OperatedLab(watch);
  await watch.lab.firstBackups;
  await operated.allStreaming(CLUSTER);
});
/** A test that failed must not fail the next. */
beforeEach(() => operated.makeHome(CLUSTER, A), 2 * MINUTE_MS);
afterAll(() => watch?.stop());

/** Waits until the plan is blocked. */
async function blockedBy(request: OperationRequest, sentence: RegExp): Promise<void> {
  let said = '';
  await waitFor(`${request.kind} to be blocked by ${sentence}`, 20 * SECOND_MS, async () => {
    said = await operated.operator.plan(CLUSTER, request).then(
      ({ outlook }) => outlook.blocked.join(' '),
      (error: Error) => error.message,
    );
    return sentence.test(said);
  }).catch((error: Error) => {
    throw new Error(`${error.message} It says: ${said}`);
  });
}

/** The primary is still the primary, and takes writes. */
async function isAsItWas(primary: string): Promise<void> {
  await waitFor(`${primary} to be the only primary`, 20 * SECOND_MS, async () => {
    const [first, ...others] = await operated.primaries(CLUSTER);
    return first === primary && others.length === 0;
  });
  await operated.query(primary, `SELECT pg_logical_emit_message(true, 'farshore-test', 'still writable')`);
  expect((await operated.leadership(CLUSTER)).holder).toBe(primary);
}

describe('a clock that is off', () => {
  /** Nearly the limit: by its own clock the agent would take commands that expired minutes ago. */
  const SHIFT_MS = -290 * SECOND_MS;

  test(
    'is found, corrected for, and only when it is far off a reason to wait',
    async () => {
      await restartAgent(B, SHIFT_MS);
      await watch.waitFor(CLUSTER, 'finding clock-skew', 30 * SECOND_MS, (view) => hasFinding(view, 'clock-skew', B));
      const view = await watch.view(CLUSTER);
      expect(view.findings.find(({ code }) => code === 'clock-skew')?.summary).toMatch(/clock of aws-use1-b is 4 min 50 s behind/);
      expect(nodeOf(view, B).state).toBe('streaming');
      expect(nodeOf(view, B).lag.seconds).toBeLessThan(5);

      // Commands are neither refused as issued in the future, nor, an hour and a half of tests later, taken though they have expired.
      await operated.switchover(CLUSTER, B);
      await watch.waitFor(CLUSTER, 'the lag of standbys of a primary whose clock is off', 10 * SECOND_MS, (now) =>
        now.nodes.filter(({ role }) => role === 'standby').every(({ lag }) => lag.seconds !== null && lag.seconds < 5),
      );
      await operated.switchover(CLUSTER, A);
      const stale = await genuine(B, 'report', -200 * SECOND_MS);
      expect(await offered(stale)).toMatchObject({
        status: 'refused',
        code: 'expired',
        reason: expect.stringMatching(/expired \d+ s ago/) as string,
      });

      await restartAgent(B, -310 * SECOND_MS);
      await blockedBy({ kind: 'switchover', target: B }, /Clock of aws-use1-b: off by 5 min 10 s\. Set the clock/);
      await restartAgent(B, 0);
    },
    lastResort(3 * MINUTE_MS),
  );

  test(
    'set while the agent runs: the node stays seen, and no lag is made of it',
    async () => {
      await watch.lab.kill(B, 'agent');
      await watch.lab.startAgentAgain(B, shiftedClock(watch.lab.dir, 0));
      const wellSeen = (now: ClusterView): boolean => {
        const { state, lag } = nodeOf(now, B);
        return state === 'streaming' && lag.seconds !== null && lag.seconds < 5;
      };
      await watch.waitFor(CLUSTER, 'the agent of the test to report', 20 * SECOND_MS, wellSeen);
      for (const aheadMs of [240 * SECOND_MS, -60 * SECOND_MS, 0]) {
        setShiftedClock(watch.lab.dir, aheadMs);
        await watch.waitFor(CLUSTER, 'the offset of the new clock', 20 * SECOND_MS, (now) => {
          const { clockOffsetMs } = nodeOf(now, B);
          return clockOffsetMs !== null && Math.abs(clockOffsetMs + aheadMs) < 2 * SECOND_MS;
        });
        await watch.waitFor(CLUSTER, `a clock set to ${aheadMs} ms ahead to make no difference`, 10 * SECOND_MS, wellSeen);
      }
      await restartAgent(B, 0);
    },
    lastResort(2 * MINUTE_MS),
  );

  async function restartAgent(node: string, aheadMs: number): Promise<void> {
    await watch.lab.kill(node, 'agent');
    await watch.lab.startAgentAgain(node, aheadMs === 0 ? {} : shiftedClock(watch.lab.dir, aheadMs));
  }
});

describe('commands that did not come from the controller now', () => {
  test(
    'played again, altered, or given to another node, they change nothing, and it is on the record',
    async () => {
      await operated.switchover(CLUSTER, B);
      const stop = await lastCommand('stop-primary', A);
      await operated.switchover(CLUSTER, A);
      const { pid } = await operated.node(A);

      // The same once more, as from a copy of the database: the answer of then, and nothing is performed.
      await watch.pool.query(
        `UPDATE agent_command SET result = NULL, resolved_at = NULL, expires_at = now() + interval '5 minutes' WHERE id = $1`,
        [stop.id],
      );
      expect(await resultOf(stop.id)).toMatchObject({ status: 'done' });

      const altered: CommandEnvelope = { ...stop.envelope, id: randomUUID(), step: 'altered', term: stop.envelope.term + 10 };
      const forged = {
        ...stop.row,
        id: altered.id,
        operation: null,
        step: altered.step,
        payload: JSON.stringify({ ...altered, operation: null }),
      };
      expect(await offered(forged)).toMatchObject({ status: 'refused', code: 'signature-invalid' });

      const astray = await genuine(A, 'stop-primary', 0, { keepStreaming: [], drainMs: 0 });
      const nodeId = (await nodeRow(FAR)).id;
      expect(await offered({ ...astray, nodeId })).toMatchObject({ status: 'refused', code: 'not-for-this-node' });

      expect((await operated.node(A)).pid).toBe(pid);
      await isAsItWas(A);
      await waitFor('both refusals on the audit log', 20 * SECOND_MS, async () => {
        const { rows } = await watch.pool.query<{ subject: string }>(
          `SELECT subject FROM audit_event WHERE action = 'node.command-refused' AND outcome = 'refused' ORDER BY sequence`,
        );
        return (
          rows.some(({ subject }) => subject === `node:${CLUSTER}/${A}`) && rows.some(({ subject }) => subject === `node:${CLUSTER}/${FAR}`)
        );
      });
    },
    lastResort(2 * MINUTE_MS),
  );
});

describe('full disks', () => {
  test(
    'a target without room for WAL is refused; filled up between plan and run, nothing is lost',
    async (context) => {
      // Only root can give the lab a WAL volume of its own, with the server's directory in it.
      if (!lstatSync(join(dataDirectory(A), 'pg_wal')).isSymbolicLink()) return context.skip();
      const volume = dirname(readlinkSync(join(dataDirectory(A), 'pg_wal')));
      await operated.switchover(CLUSTER, B);
      const planned = await operated.operator.planUntilPossible(CLUSTER, { kind: 'switchover', target: A });
      const nearlyFull = fillUp(volume, 'nearly-full', 100 * MIB);
      const ballast = join(volume, 'ballast');
      try {
        const ended = await operated.operator.request(CLUSTER, planned).then(
          async (id) => {
            // A restartpoint gives room back: it is taken again, as somebody's runaway file would.
            fillUp(volume, 'ballast', 0);
            const filling = setInterval(() => fillUp(volume, 'ballast', 0), FILL_AGAIN_MS);
            return operated.operator.wait(id).finally(() => clearInterval(filling));
          },
          (error: Error) => {
            if (!(error instanceof CommandRefused)) throw error;
            return null;
          },
        );
        console.log(`    filled up between plan and run: ${ended === null ? 'refused' : `${ended.state}, ${ended.outcome ?? ''}`}`);
        if (ended !== null) expect(['refused', 'rolled-back']).toContain(ended.state);
        await isAsItWas(B);
        await blockedBy(
          { kind: 'switchover', target: A },
          /Free disk space on aws-use1-a: .* free on the wal volume.*Free space on aws-use1-a/,
        );
      } finally {
        rmSync(ballast, { force: true });
        rmSync(nearlyFull, { force: true });
      }
      await watch.lab.heal();
      await operated.allStreaming(CLUSTER);
      await operated.switchover(CLUSTER, A);
    },
    lastResort(3 * MINUTE_MS),
  );

  test(
    'a copy that does not fit is refused by its size; one that runs out of room fails with the reason and leaves nothing behind',
    async (context) => {
      if (process.getuid?.() !== 0) return context.skip();
      const directory = dataDirectory(FAR);
      const { uid, gid } = statSync(directory);
      await watch.lab.wipe(FAR);
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=24m,mode=0700,uid=${uid},gid=${gid}`, 'farshore-test-data', directory]);
      const resize = (size: string): Buffer => execFileSync('mount', ['-o', `remount,size=${size}`, directory]);
      const request: OperationRequest = { kind: 'add-standby', target: FAR, upstream: A, bytesPerSecondMax: 12 * MIB };
      await blockedBy(request, /Free disk space on rax-dfw-a for the copy: .* free\. Free space on rax-dfw-a/);
      resize('1g');
      const planned = await operated.operator.planUntilPossible(CLUSTER, request);
      const id = await operated.operator.request(CLUSTER, planned);
      await waitFor('the copy to have begun', 30 * SECOND_MS, () => used(directory) > 2 * MIB);
      resize('16m');
      const ended = await operated.operator.wait(id, 2 * MINUTE_MS);
      expect(['failed', 'rolled-back'], JSON.stringify(ended.outcome)).toContain(ended.state);
      expect(JSON.stringify(ended.events)).toMatch(/No space left on device/);
      console.log(`    copy without room: ${ended.state}, ${ended.outcome ?? ''}`);
      expect((await operated.node(FAR)).postgres).not.toBe('running');
      await isAsItWas(A);
      resize('1g');
      await operated.operator.run(CLUSTER, request);
      await operated.allStreaming(CLUSTER);
    },
    lastResort(4 * MINUTE_MS),
  );
});

describe('a target that is not what it was', () => {
  test(
    'gone between plan and run: rolled back with its name, and the primary continues',
    async () => {
      const planned = await operated.operator.planUntilPossible(CLUSTER, { kind: 'switchover', target: B });
      await watch.lab.kill(B);
      const said = await operated.operator.request(CLUSTER, planned).then(
        async (id) => {
          const ended = await operated.operator.wait(id);
          expect(['refused', 'rolled-back'], ended.outcome ?? '').toContain(ended.state);
          return ended.outcome ?? '';
        },
        (error: Error) => {
          if (!(error instanceof CommandRefused)) throw error;
          return error.message;
        },
      );
      console.log(`    target gone: ${said}`);
      expect(said).toContain(B);
      await isAsItWas(A);
    },
    lastResort(3 * MINUTE_MS),
  );

  test(
    'behind: refused with how far',
    async () => {
      await watch.lab.throttle(A, FAR, 1_000_000);
      await watch.lab.fillWal(A, { bytesPerSecond: 8 * MIB });
      await blockedBy(
        { kind: 'switchover', target: FAR },
        /rax-dfw-a has received the WAL: .* to receive\. Wait until rax-dfw-a has received it/,
      );
      await watch.lab.heal();
      await isAsItWas(A);
    },
    lastResort(2 * MINUTE_MS),
  );

  test(
    'promoted by hand it is stopped; as a standby of its own timeline it is no target until it is reverted',
    async () => {
      await operated.query(FAR, 'SELECT pg_promote()');
      await waitFor('the hand-made primary to be stopped', 15 * SECOND_MS, async () => (await operated.node(FAR)).postgres !== 'running');
      await isAsItWas(A);
      const directory = dataDirectory(FAR);
      const { uid, gid } = statSync(directory);
      const signal = join(directory, 'standby.signal');
      writeFileSync(signal, '', { mode: 0o600 });
      execFileSync('chown', [`${uid}:${gid}`, signal]);
      await watch.lab.start(FAR);
      await blockedBy({ kind: 'switchover', target: FAR }, /rax-dfw-a (is fenced|is on timeline \d+).* another history\. Revert it first/);
      // Its timeline is in the archive by now, and a node that starts as a standby would follow the newest one there: the cluster moves past it first.
      await watch.lab.stop(FAR);
      await operated.operator.run(CLUSTER, { kind: 'switchover', target: B });
      await operated.operator.run(CLUSTER, { kind: 'reversion', target: FAR, method: 'rewind', switchBack: false });
      await operated.allStreaming(CLUSTER);
    },
    lastResort(4 * MINUTE_MS),
  );
});

function dataDirectory(node: string): string {
  const found = watch.lab.nodes.find(({ name }) => name === node);
  if (found === undefined) throw new Error(`The lab has no node ${node}.`);
  return found.dataDir;
}

const used = (directory: string): number => {
  const stats = statfsSync(directory);
  return (stats.blocks - stats.bfree) * stats.bsize;
};

/** Writes a file, or more of it, until so many bytes are free on its volume. @returns its name. */
function fillUp(volume: string, fileName: string, leftBytes: number): string {
  const name = join(volume, fileName);
  const file = openSync(name, 'a');
  const chunk = Buffer.alloc(MIB);
  try {
    for (;;) {
      const stats = statfsSync(volume);
      const roomBytes = stats.bavail * stats.bsize - leftBytes;
      if (roomBytes <= 0) break;
      writeSync(file, chunk, 0, Math.min(chunk.length, roomBytes));
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(file);
  }
  return name;
}

async function nodeRow(name: string): Promise<{ id: number; uuid: string }> {
  const { rows } = await watch.pool.query<{ id: number; uuid: string }>('SELECT id, uuid FROM node WHERE name = $1', [name]);
  if (rows[0] === undefined) throw new Error(`There is no node ${name}.`);
  return rows[0];
}

/** A command as the controller signs it, issued `agoMs` (negative) from now and valid for a minute. It is no part of an operation. */
async function genuine(node: string, verb: 'report' | 'stop-primary', agoMs: number, args: unknown = {}): Promise<NewCommand> {
  const signer = await openCommandSigner(join(watch.controlDir, 'pki'));
  const { term } = await operated.leadership(CLUSTER);
  const order = {
    cluster: CLUSTER,
    node: { ...(await nodeRow(node)), name: node },
    operation: null,
    step: 'test',
    attempt: 1,
    verb,
    args,
    term,
  };
  return makeCommand({ ...order, deadlineMs: MINUTE_MS }, signer, { issuedAtMs: Date.now() + agoMs, order: null });
}

interface SentCommand {
  id: string;
  envelope: CommandEnvelope;
  row: NewCommand;
}

/** The newest command of this verb to the node, as it stands in the database. */
async function lastCommand(verb: string, node: string): Promise<SentCommand> {
  const { id: nodeId } = await nodeRow(node);
  const { rows } = await watch.pool.query<{ id: string; payload: string; signature: string }>(
    'SELECT id, payload, signature FROM agent_command WHERE node_id = $1 AND verb = $2 ORDER BY issued_at DESC LIMIT 1',
    [nodeId, verb],
  );
  if (rows[0] === undefined) throw new Error(`${node} was never given ${verb}.`);
  const { id, payload, signature } = rows[0];
  const envelope = JSON.parse(payload) as CommandEnvelope;
  const { operation, step, attempt, term, issuedAt, expiresAt } = envelope;
  return { id, envelope, row: { id, operation, step, attempt, nodeId, verb, term, order: null, payload, signature, issuedAt, expiresAt } };
}

/** Puts the command where the gateway finds what it hands out, and waits for the answer. */
async function offered(command: NewCommand): Promise<CommandResult> {
  await insertCommands(watch.pool, [{ ...command, expiresAt: new Date(Date.now() + 5 * MINUTE_MS).toISOString() }]);
  return resultOf(command.id);
}

const resultOf = (id: string): Promise<CommandResult> =>
  waitFor(`an answer to command ${id}`, 30 * SECOND_MS, async () => {
    const { rows } = await watch.pool.query<{ result: CommandResult | null }>('SELECT result FROM agent_command WHERE id = $1', [id]);
    return rows[0]?.result ?? null;
  });
