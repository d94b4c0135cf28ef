/** A control database of the release b47ad95 under today's code: nothing that it held is lost, and what was under way continues. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startController } from '../../controller/start.ts';
import type { RunningController } from '../../controller/start.ts';
import { verifyChain } from '../../lib/audit/verify.ts';
import { identifyBearer, identifySession } from '../../lib/auth/identify.ts';
import { signInWithPassword } from '../../lib/auth/sign-in.ts';
import type { CommandContext } from '../../lib/commands/define.ts';
import { approveOperation } from '../../lib/commands/operation/approve.ts';
import { cancelOperation } from '../../lib/commands/operation/cancel.ts';
import { releaseOperation } from '../../lib/commands/operation/release.ts';
import { applyMigrations } from '../../lib/db/ground/migrations.ts';
import { createPool } from '../../lib/db/ground/pool.ts';
import { createPrisma } from '../../lib/db/ground/prisma.ts';
import type { Prisma } from '../../lib/db/ground/prisma.ts';
import { readLeadership } from '../../lib/db/operations/leadership-store.ts';
import type { OperationView } from '../../lib/domain/operation/answers/answers.ts';
import type { OperationState } from '../../lib/domain/operation/model.ts';
import { ROLES } from '../../lib/domain/policy/permissions.ts';
import type { Actor } from '../../lib/domain/policy/permissions.ts';
import { readOperations } from '../../lib/queries/operations/list.ts';
import { readOperation } from '../../lib/queries/operations/operation.ts';
import { loadFleet } from '../../lib/db/fleet/fleet.ts';
import { DEFAULT_POLICY } from '../../lib/domain/policy/cluster-policy.ts';
import { readViews } from '../../lib/queries/clusters.ts';
import { startPostgres, waitFor } from '../live-postgres.ts';
import type { LivePostgres } from '../live-postgres.ts';
import { HELD, READER_TOKEN, WAITING, passwordOf, restoreReleased } from './released.ts';

const MOVES_WITHIN_MS = 30_000;

let server: LivePostgres;
beforeAll(async () => {
  server = await startPostgres({ settings: { max_connections: '150' } });
});
afterAll(async () => {
  await server?.stop();
});

interface Upgraded {
  url: string;
  pool: pg.Pool;
  prisma: Prisma;
  /** Every entry of the agents' journals, before the migration. */
  journalsBefore: unknown[];
  end: () => Promise<void>;
}

async function journalsIn(url: string): Promise<unknown[]> {
  const pool = createPool(url, { max: 1, applicationName: 'test' });
  try {
    return (await pool.query('SELECT node_id, sequence, text, prev_hash, hash, received_at FROM agent_journal ORDER BY 1, 2')).rows;
  } finally {
    await pool.end();
  }
}

async function upgraded(): Promise<Upgraded> {
  const url = await restoreReleased(server);
  const journalsBefore = await journalsIn(url);
  await applyMigrations(url);
  const pool = createPool(url, { max: 4, applicationName: 'test' });
  const prisma = createPrisma(url);
  const end = async () => {
    await prisma.$disconnect();
    await pool.end();
  };
  return { url, pool, prisma, journalsBefore, end };
}

const system: Actor = { kind: 'system', process: 'test' };

/** Somebody of the dump who signs in now. */
async function signedIn(pool: pg.Pool, role: string): Promise<Actor> {
  const session = await signInWithPassword(pool, { email: `${role}@farshore.example`, password: passwordOf(role) }, Date.now());
  const actor = await identifySession(pool, session?.sessionId, Date.now());
  if (actor === null) throw new Error(`${role} can't sign in.`);
  return actor;
}

async function operationIn({ pool }: Upgraded, state: OperationState): Promise<OperationView> {
  const { rows } = await pool.query<{ id: string }>('SELECT id FROM operation WHERE state = $1', [state]);
  const view = await readOperation(system, rows[0]?.id ?? '', Date.now(), pool);
  if (view === null) throw new Error(`The dump has no operation that is ${state}.`);
  return view;
}

describe('what the release left is whole', () => {
  let released: Upgraded;
  beforeAll(async () => {
    released = await upgraded();
  });
  afterAll(async () => {
    await released?.end();
  });

  test('every operation is listed, and its page shows plan, journal and commands', async () => {
    const { pool } = released;
    const { operations } = await readOperations(system, {}, Date.now(), pool);
    expect(operations.map(({ kind, state }) => `${kind} ${state}`).toSorted()).toEqual([
      'failover done',
      'reload done',
      'restart held',
      'reversion done',
      'switchover awaiting-approval',
      'switchover done',
    ]);
    for (const { id, kind, state } of operations) {
      const view = await readOperation(system, id, Date.now(), pool);
      expect(view, kind).toMatchObject({ state, journalProblem: null });
      expect(view?.plan.steps.length, kind).toBeGreaterThan(0);
      if (state === 'done') {
        expect(
          view?.run.steps.every(({ status }) => status !== 'pending'),
          kind,
        ).toBe(true);
        expect(view?.commands.length, kind).toBeGreaterThan(0);
      }
    }
    const { rows } = await pool.query(
      `SELECT 1 FROM operation_artifact a JOIN operation o ON o.id = a.operation_id WHERE o.kind = 'reversion'`,
    );
    expect(rows.length, 'artifacts of the reversion').toBeGreaterThan(0);
  });

  test('every cluster keeps its settings, as one value', async () => {
    const fleet = await loadFleet(released.pool);
    expect(Object.fromEntries(fleet.map(({ slug, policy, policyVersion }) => [slug, { policy, policyVersion }]))).toEqual({
      ledger: {
        policy: { ...DEFAULT_POLICY, jurisdictions: ['EU'], rtoObjectiveSeconds: 60, rpoObjectiveSeconds: 0, approvalsRequired: 1 },
        policyVersion: 1,
      },
      payments: {
        policy: { ...DEFAULT_POLICY, jurisdictions: ['US'], rtoObjectiveSeconds: 120, rpoObjectiveSeconds: 5, approvalsRequired: 0 },
        policyVersion: 1,
      },
    });
  });

  test('everybody signs in, sessions that were open still are, and tokens work', async () => {
    const { pool } = released;
    const { rows } = await pool.query<{ id: string; email: string }>(
      'SELECT s.id, u.email FROM user_session s JOIN app_user u ON u.id = s.user_id WHERE s.revoked_at IS NULL',
    );
    expect(rows.length).toBe(5);
    for (const { id, email } of rows) expect(await identifySession(pool, id, Date.now()), email).toMatchObject({ kind: 'user', email });
    for (const role of ROLES) expect(await signedIn(pool, role), role).toMatchObject({ scopes: { fleet: role } });
    expect(await signInWithPassword(pool, { email: 'admin@farshore.example', password: 'wrong' }, Date.now())).toBeNull();
    expect(await identifyBearer(pool, `Bearer ${READER_TOKEN}`, Date.now())).toMatchObject({
      kind: 'apiToken',
      name: 'throwaway',
      scopes: { fleet: ['cluster.read'] },
    });
  });

  test('the audit chain verifies from its first event, with what was added since', async () => {
    const verdict = await verifyChain(released.pool);
    expect(verdict).toMatchObject({ intact: true });
    expect(verdict.intact && verdict.events).toBeGreaterThan(60);
  });

  test('leadership, its history, samples, findings, journals of agents and maintenance are there', async () => {
    const { pool } = released;
    expect(await readLeadership(pool, 'payments')).toMatchObject({ record: { term: 3, holder: 'aws-use1-a', timeline: 3 } });
    expect(await readLeadership(pool, 'ledger')).toMatchObject({ record: { term: 1, holder: 'aws-euw1-a' } });
    const { rows } = await pool.query<Record<string, number>>(
      `SELECT (SELECT count(*)::int FROM leadership_change) AS changes, (SELECT count(*)::int FROM sample) AS samples,
         (SELECT count(*)::int FROM finding) AS findings, (SELECT count(*)::int FROM finding_acknowledgement) AS acknowledgements,
         (SELECT count(*)::int FROM agent_journal) AS journal, (SELECT count(*)::int FROM maintenance) AS maintenances,
         (SELECT count(*)::int FROM node_identity) AS identities`,
    );
    for (const [what, count] of Object.entries(rows[0] ?? {})) expect(count, what).toBeGreaterThan(0);
    expect(await journalsIn(released.url)).toEqual(released.journalsBefore);
    const views = await readViews('every', pool);
    expect(views.map(({ slug, nodes }) => [slug, nodes.length]).toSorted()).toEqual([
      ['ledger', 3],
      ['payments', 4],
    ]);
  });
});

describe('what was under way continues under today’s controller', () => {
  let released: Upgraded;
  let controller: RunningController;
  let dir: string;
  beforeAll(async () => {
    released = await upgraded();
    dir = await mkdtemp(path.join(tmpdir(), 'farshore-upgrade-'));
    const env = {
      ...{ DATABASE_URL: released.url, FARSHORE_DIR: dir, FARSHORE_HEALTH_PORT: '0' },
      ...{ FARSHORE_GATEWAY_HOST: '127.0.0.1', FARSHORE_GATEWAY_PORT: '0' },
    };
    controller = await startController(env, { log: pino({ level: 'silent' }) });
  });
  afterAll(async () => {
    await controller?.stop();
    await released?.end();
    await rm(dir, { recursive: true, force: true });
  });

  const as = async (role: string): Promise<CommandContext> => ({
    prisma: released.prisma,
    actor: await signedIn(released.pool, role),
    at: new Date(),
  });
  const stateOf = async (id: string): Promise<OperationState | undefined> =>
    (await released.pool.query<{ state: OperationState }>('SELECT state FROM operation WHERE id = $1', [id])).rows[0]?.state;

  test('the waiting one is approved, and then waits for its start', async () => {
    const view = await operationIn(released, 'awaiting-approval');
    expect(view).toMatchObject({ cluster: { slug: WAITING.cluster }, plan: { request: { target: WAITING.target } } });
    const decision = {
      operation: view.id,
      planHash: view.planHash,
      decision: 'approved' as const,
      reason: 'Looked at it after the upgrade.',
    };
    expect(await approveOperation(await as('approver'), decision)).toMatchObject({ ok: true, value: { missing: 0 } });
    await waitFor('its approval to count', async () => ((await stateOf(view.id)) === 'awaiting-approval' ? null : true), MOVES_WITHIN_MS);
    expect(['queued', 'refused']).toContain(await stateOf(view.id));
  });

  test('the held one tries its step again when it is released', async () => {
    const view = await operationIn(released, 'held');
    expect(view).toMatchObject({ cluster: { slug: HELD.cluster }, plan: { request: { kind: 'restart', target: HELD.node } } });
    const before = view.commands.length;
    expect(await releaseOperation(await as('operator'), { operation: view.id, reason: 'The configuration is mended.' })).toMatchObject({
      ok: true,
    });
    const now = await waitFor(
      'another attempt of its step',
      async () => {
        const look = await readOperation(system, view.id, Date.now(), released.pool);
        return look !== null && look.commands.length > before ? look : null;
      },
      MOVES_WITHIN_MS,
    );
    expect(now).toMatchObject({ state: 'running', journalProblem: null });
  });
});

test('the held one can be given up instead', async () => {
  const released = await upgraded();
  const dir = await mkdtemp(path.join(tmpdir(), 'farshore-upgrade-'));
  const env = {
    ...{ DATABASE_URL: released.url, FARSHORE_DIR: dir, FARSHORE_HEALTH_PORT: '0' },
    ...{ FARSHORE_GATEWAY_HOST: '127.0.0.1', FARSHORE_GATEWAY_PORT: '0' },
  };
  const controller = await startController(env, { log: pino({ level: 'silent' }) });
  try {
    const { id } = await operationIn(released, 'held');
    const context = { prisma: released.prisma, actor: await signedIn(released.pool, 'operator'), at: new Date() };
    expect(await cancelOperation(context, { operation: id, reason: 'It is mended by hand.' })).toMatchObject({ ok: true });
    const ended = async () => {
      const view = await readOperation(system, id, Date.now(), released.pool);
      return view?.endedAt == null ? null : view;
    };
    expect(await waitFor('its end', ended, MOVES_WITHIN_MS)).toMatchObject({ state: 'failed', journalProblem: null });
    expect(await verifyChain(released.pool)).toMatchObject({ intact: true });
  } finally {
    await controller.stop();
    await released.end();
    await rm(dir, { recursive: true, force: true });
  }
});
