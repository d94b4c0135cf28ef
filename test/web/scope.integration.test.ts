/** Somebody with rights on one cluster meets another one everywhere as something that does not exist: every route, command and stream. */
import { randomUUID } from 'node:crypto';
import { globSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifyChain } from '@/lib/audit/verify.ts';
import { identifyBearer } from '@/lib/auth/identify.ts';
import { createApiToken } from '@/lib/commands/api-token/create.ts';
import { setApiTokenClusters } from '@/lib/commands/api-token/set-scope.ts';
import { retireCluster } from '@/lib/commands/cluster/retire.ts';
import { setPolicy } from '@/lib/commands/cluster/set-policy.ts';
import type { CommandContext, CommandResult } from '@/lib/commands/define.ts';
import { acknowledgeFinding } from '@/lib/commands/finding/acknowledge.ts';
import { withdrawAcknowledgement } from '@/lib/commands/finding/withdraw.ts';
import { endMaintenance } from '@/lib/commands/maintenance/end.ts';
import { startMaintenance } from '@/lib/commands/maintenance/start.ts';
import { issueJoinToken } from '@/lib/commands/node/issue-join-token.ts';
import { registerNode } from '@/lib/commands/node/register.ts';
import { retireNode } from '@/lib/commands/node/retire.ts';
import { unlockNode } from '@/lib/commands/node/unlock.ts';
import { approveOperation } from '@/lib/commands/operation/approve.ts';
import { cancelOperation } from '@/lib/commands/operation/cancel.ts';
import { downloadArtifact } from '@/lib/commands/operation/download.ts';
import { planOperationNow } from '@/lib/commands/operation/plan.ts';
import { requestOperation } from '@/lib/commands/operation/request.ts';
import { createUser } from '@/lib/commands/user/create.ts';
import { setRole } from '@/lib/commands/user/set-role.ts';
import { webDatabase } from '@/lib/db/ground/web-database.ts';
import { createPrisma } from '@/lib/db/ground/prisma.ts';
import type { Prisma } from '@/lib/db/ground/prisma.ts';
import { webPrisma } from '@/lib/db/ground/web-prisma.ts';
import { requesterNow } from '@/lib/db/operations/operations.ts';
import { mayActor, mayAnywhere } from '@/lib/domain/policy/permissions.ts';
import type { Actor, Role } from '@/lib/domain/policy/permissions.ts';
import { NO_AUDIT_FILTER, readAudit } from '@/lib/queries/audit/list.ts';
import { liveHub } from '@/lib/queries/live-hub.ts';
import { openLiveStream } from '@/lib/queries/live-stream.ts';
import { operationHub } from '@/lib/queries/operations/live.ts';
import { NOW_MS, aPersonOf } from '../builders/index.ts';
import { waitFor } from '../live-postgres.ts';
import { anActingCluster, storeCluster } from './stored-cluster.ts';
import { startWebDatabase } from './web-database.ts';
import type { WebTestDatabase } from './web-database.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const HIDDEN = 'hushed';
/** In every name of the hidden cluster, its nodes and what was said about it; what is made of it carries one of its ids. */
const MARK = /hushed/i;
const NOTHING = 'nowhere';
const REASON = 'patching the host';

let db: WebTestDatabase;
let owner: Prisma;
/** Ids of things of the hidden cluster: an operation with what it left, a finding, an announced work, a plan. */
let hidden: { operation: string; finding: string; maintenance: number; planHash: string };

/** The same under other names, everywhere in it. */
function renamed<T>(value: T): T {
  if (typeof value === 'string') {
    return value.replaceAll('payments', HIDDEN).replaceAll(/(aws-use1|gcp-use4|rax-dfw)-/g, `${HIDDEN}-$1-`) as T;
  }
  if (Array.isArray(value)) return value.map(renamed) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, renamed(part)])) as T;
}

beforeAll(async () => {
  db = await startWebDatabase();
  Object.assign(process.env, { FARSHORE_WEB_DATABASE_URL: db.url, NEXTAUTH_URL: 'http://127.0.0.1:3000', NEXTAUTH_SECRET: 'x'.repeat(40) });
  await storeCluster(db.owner, undefined, Date.now() - NOW_MS);
  const clusterId = await storeCluster(db.owner, renamed(anActingCluster()), Date.now() - NOW_MS);
  owner = createPrisma(db.ownerUrl);
  await db.addToken('fleet', ['cluster.read', 'audit.read', 'operation.request', 'operation.cancel', 'ledger.read']);
  await db.addToken('scoped', []);
  await db.owner.query(`UPDATE api_token SET cluster_permissions = jsonb_build_object('payments', $1::jsonb) WHERE name = 'scoped'`, [
    JSON.stringify(['cluster.read', 'audit.read', 'operation.request', 'operation.cancel', 'ledger.read']),
  ]);
  const fleet = await tokenActor('fleet');
  const by = contextOf(fleet);
  const { hash: planHash } = valueOf(
    await planOperationNow(by, { cluster: HIDDEN, request: { kind: 'switchover', target: `${HIDDEN}-aws-use1-b` } }),
  );
  const asked = { cluster: HIDDEN, planHash, reason: `${HIDDEN} is patched`, ticket: '', acknowledgedRisks: [], typedName: HIDDEN };
  const { id: operation } = valueOf(await requestOperation(by, { ...asked, idempotencyKey: randomUUID() }));
  await db.owner.query(
    `INSERT INTO operation_artifact (operation_id, name, content_type, body) VALUES ($1, 'x', 'text/plain', 'hushed rows')`,
    [operation],
  );
  const finding = randomUUID();
  await db.owner.query(
    `INSERT INTO finding (id, cluster_id, code, node_name, severity, summary, evidence, since, last_seen_at)
     VALUES ($1, $2, 'replay-stalled', 'hushed-aws-use1-b', 'critical', 'hushed', '{}', now(), now())`,
    [finding, clusterId],
  );
  await db.owner.query(
    `INSERT INTO finding (id, cluster_id, code, node_name, severity, summary, evidence, since, last_seen_at, resolved_at)
     VALUES (gen_random_uuid(), $1, 'archive-failing', 'hushed-aws-use1-a', 'warning', 'hushed', '{}', now(), now(), now())`,
    [clusterId],
  );
  const operator = contextOf(aPersonOf({ [HIDDEN]: 'operator' }));
  const { id: maintenance } = valueOf(await startMaintenance(operator, { cluster: HIDDEN, reason: `${HIDDEN} is patched`, hours: 1 }));
  hidden = { operation, finding, maintenance, planHash };
  for (const [action, subject] of [
    ['node.lock', `${HIDDEN}/${HIDDEN}-aws-use1-b`],
    ['leadership.adopt', HIDDEN],
    ['finding.acknowledge', `finding:${HIDDEN}/replay-stalled`],
    ['node.register', `node:${HIDDEN}/x`],
    ['node.lock', 'payments/aws-use1-b'],
  ]) {
    await db.owner.query(`SELECT audit_append(now(), 'system:controller', $1, $2, 'done', '{}')`, [action, subject]);
  }
});
afterAll(async () => {
  await owner?.$disconnect();
  await liveHub().close();
  await operationHub().close();
  await webPrisma().$disconnect();
  await webDatabase().end();
  await db?.stop();
});

function valueOf<T>(result: CommandResult<T>): T {
  if (!result.ok) throw new Error(result.reasons.join('\n'));
  return result.value;
}
const contextOf = (actor: Actor): CommandContext => ({ prisma: webPrisma(), actor, at: new Date() });
async function tokenActor(secret: string): Promise<Actor> {
  const actor = await identifyBearer(webDatabase(), `Bearer ${secret}`, Date.now());
  if (actor === null) throw new Error(`The token ${secret} does not count.`);
  return actor;
}

type Handler = (request: Request, context: { params: Promise<Record<string, string>> }) => Promise<Response>;
type Names = Record<'slug' | 'node' | 'id' | 'hash', string>;
const hiddenNames = (): Names => ({ slug: HIDDEN, node: `${HIDDEN}-aws-use1-b`, id: hidden.operation, hash: hidden.planHash });
const noNames: Names = { slug: NOTHING, node: 'no-node', id: '00000000-0000-4000-8000-000000000000', hash: 'a'.repeat(64) };
const neutral = (text: string, { slug, node, id, hash }: Names): string =>
  [node, slug, id, hash].reduce((rest, name) => rest.replaceAll(name, '…'), text).replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '(time)');

const OPEN = /app[/]api[/](health|auth|\[[.]{3}path\])[/]/;
const routes = globSync('app/api/**/route.ts', { cwd: ROOT })
  .filter((file) => !OPEN.test(file))
  .toSorted();

/** Status and whole text of a route; of a stream, its first moment. */
async function answerOf(file: string, method: 'GET' | 'POST', token: string, names: Names, query = ''): Promise<[number, string] | null> {
  const { [method]: handler } = (await import(path.join(ROOT, file))) as Partial<Record<string, Handler>>;
  if (handler === undefined) return null;
  const abort = new AbortController();
  const to = new Date(Date.now() - 1_000).toISOString();
  const from = new Date(Date.now() - 3_600_000).toISOString();
  const url = `http://127.0.0.1:3000/${file.replace(/^app[/]|[/]route[.]ts$/g, '')}?metric=lagMs&from=${from}&to=${to}&target=${names.node}${query}`;
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const body = JSON.stringify({
    kind: 'switchover',
    target: names.node,
    planHash: names.hash,
    reason: REASON,
    decision: 'approved',
    note: '',
  });
  const request = new Request(url, { method, headers, signal: abort.signal, ...(method === 'POST' ? { body } : {}) });
  const params = { slug: names.slug, cluster: names.slug, node: names.node, id: names.id, name: 'x', kind: 'switchover' };
  const response = await handler(request, { params: Promise.resolve(params) });
  let text = '';
  if (response.headers.get('content-type')?.startsWith('text/event-stream') === true) {
    setTimeout(() => abort.abort(), 700);
    const decoder = new TextDecoder();
    for await (const chunk of response.body!) text += decoder.decode(chunk);
  } else text = await response.text();
  return [response.status, text];
}

describe.each(routes)('%s', (file) => {
  test.each(['GET', 'POST'] as const)('%s: what is outside is answered as what does not exist', async (method) => {
    const outside = await answerOf(file, method, 'scoped', hiddenNames());
    if (outside === null) return;
    const absent = await answerOf(file, method, 'scoped', noNames);
    const [status, text] = outside;
    const aboutOne = /\[(slug|cluster|id)\]/.test(file);
    if (aboutOne) expect([status, neutral(text, hiddenNames())]).toEqual([absent![0], neutral(absent![1], noNames)]);
    expect(aboutOne ? neutral(text, hiddenNames()) : text).not.toMatch(MARK);
    for (const id of [hidden.operation, hidden.finding, hidden.planHash]) expect(neutral(text, hiddenNames())).not.toContain(id);
    if (aboutOne && method === 'GET' && !file.includes('running')) expect(status).toBe(404);
  });
});

test('a reader of the fleet sees what is hidden from the other one: this test would find it', async () => {
  const seen = new Set<string>();
  for (const file of routes) {
    const answer = await answerOf(file, 'GET', 'fleet', hiddenNames());
    if (answer?.[0] === 200 && MARK.test(answer[1])) seen.add(file.replace(/^app[/]api[/]|[/]route[.]ts$/g, ''));
  }
  for (const file of ['places', 'names', 'v1/clusters', 'v1/findings', 'v1/findings/history', 'v1/operations', 'v1/audit', 'live/clusters'])
    expect([...seen]).toContain(file);
});

test('searches, filters and counts tell nothing either', async () => {
  for (const query of [`&cluster=${HIDDEN}`, `&subject=${HIDDEN}`, `&actor=fleet`]) {
    for (const file of ['app/api/v1/operations/route.ts', 'app/api/operations/route.ts', 'app/api/v1/audit/route.ts']) {
      const answer = await answerOf(file, 'GET', 'scoped', noNames, query);
      expect(answer?.[0]).toBe(200);
      expect(answer?.[1]).not.toMatch(MARK);
    }
  }
  // A view of some seconds ago says nothing about now.
  await storeCluster(db.owner, undefined, Date.now() - NOW_MS);
  const counts = JSON.parse((await answerOf('app/api/open-findings/route.ts', 'GET', 'scoped', noNames))![1]) as unknown;
  expect(counts).toEqual({ critical: 0, warning: 0, info: 0 });
});

describe('the audit log', () => {
  const entriesOf = async (actor: Actor) => (await readAudit(actor, NO_AUDIT_FILTER, null, Date.now(), webDatabase())).entries;

  test('shows who reads one cluster the events about it, also those of before, and no others', async () => {
    const entries = await entriesOf(aPersonOf({ payments: 'auditor' }));
    expect(entries.map(({ subject }) => subject)).toContain('payments/aws-use1-b');
    expect(entries.filter(({ subject }) => !/^((cluster|node|finding):)?payments\b/.test(subject))).toEqual([]);
    const others = (await entriesOf(aPersonOf({ [HIDDEN]: 'auditor' }))).map(({ subject }) => subject);
    expect(others).toEqual(expect.arrayContaining([HIDDEN, `${HIDDEN}/${HIDDEN}-aws-use1-b`, `finding:${HIDDEN}/replay-stalled`]));
  });
});

describe('commands', () => {
  const CA = 'ab'.repeat(32);
  const site = { provider: 'AWS', region: 'us-east-1', zone: 'a', jurisdiction: 'US' };
  const attempts: [
    string,
    Role,
    (by: CommandContext, names: Names, ids: { finding: string; maintenance: number }) => Promise<CommandResult<unknown>>,
  ][] = [
    [
      'operation.plan',
      'viewer',
      (by, { slug, node }) => planOperationNow(by, { cluster: slug, request: { kind: 'restart', target: node } }),
    ],
    [
      'operation.request',
      'operator',
      (by, { slug, hash }) => requestOperation(by, { cluster: slug, planHash: hash, reason: REASON, typedName: slug }),
    ],
    [
      'operation.approve',
      'approver',
      (by, { id, hash }) => approveOperation(by, { operation: id, planHash: hash, decision: 'approved', reason: REASON }),
    ],
    ['operation.cancel', 'operator', (by, { id }) => cancelOperation(by, { operation: id })],
    ['operation.download', 'auditor', (by, { id }) => downloadArtifact(by, { operation: id, name: 'x' })],
    ['maintenance.start', 'operator', (by, { slug }) => startMaintenance(by, { cluster: slug, reason: REASON, hours: 1 })],
    ['maintenance.end', 'operator', (by, _names, { maintenance }) => endMaintenance(by, { id: maintenance })],
    [
      'finding.acknowledge',
      'operator',
      (by, _names, { finding }) => acknowledgeFinding(by, { findingId: finding, reason: REASON, hours: 1 }),
    ],
    ['finding.withdraw', 'operator', (by, _names, { finding }) => withdrawAcknowledgement(by, { findingId: finding })],
    [
      'cluster.set-policy',
      'admin',
      (by, { slug }) => setPolicy(by, { cluster: slug, version: 1, changes: { rtoObjectiveSeconds: 1 }, reason: 'A shorter objective.' }),
    ],
    ['cluster.retire', 'admin', (by, { slug }) => retireCluster(by, { cluster: slug })],
    ['node.register', 'admin', (by, { slug }) => registerNode(by, { cluster: slug, name: 'new', ...site })],
    ['node.issue-join-token', 'admin', (by, { slug, node }) => issueJoinToken(by, { cluster: slug, node, caFingerprint: CA })],
    ['node.unlock', 'admin', (by, { slug, node }) => unlockNode(by, { cluster: slug, node })],
    ['node.retire', 'admin', (by, { slug, node }) => retireNode(by, { cluster: slug, node })],
  ];
  const lastAudit = async () =>
    (
      await db.owner.query<{ subject: string; outcome: string; body: string }>(
        'SELECT subject, outcome, body FROM audit_event ORDER BY sequence DESC LIMIT 1',
      )
    ).rows[0]!;

  test.each(attempts)('%s outside is refused and recorded as of what does not exist', async (_name, role, attempt) => {
    const by = contextOf(aPersonOf({ payments: role }));
    const outside = await attempt(by, hiddenNames(), hidden);
    const recordedOutside = await lastAudit();
    const absentIds = { finding: '00000000-0000-4000-8000-000000000001', maintenance: 999_999 };
    const absent = await attempt(by, noNames, absentIds);
    const recordedAbsent = await lastAudit();
    const bare = (value: unknown, names: Names, ids: { finding: string; maintenance: number }) =>
      neutral(JSON.stringify(value), names).replaceAll(ids.finding, '…').replaceAll(String(ids.maintenance), '…');
    expect(outside).toMatchObject({ ok: false, kind: 'refused' });
    expect(bare(outside, hiddenNames(), hidden)).toBe(bare(absent, noNames, absentIds));
    expect(bare(recordedOutside, hiddenNames(), hidden)).toBe(bare(recordedAbsent, noNames, absentIds));
    expect(
      JSON.stringify(await readAudit(aPersonOf({ payments: 'auditor' }), NO_AUDIT_FILTER, null, Date.now(), webDatabase())),
    ).not.toMatch(MARK);
  });

  test('inside, what the role lacks is denied with its reason, on the record of that cluster', async () => {
    const result = await startMaintenance(contextOf(aPersonOf({ payments: 'viewer', [HIDDEN]: 'operator' })), {
      cluster: 'payments',
      reason: REASON,
      hours: 1,
    });
    expect(result).toMatchObject({ ok: false, kind: 'denied', reasons: [expect.stringContaining('“viewer” may not')] });
    expect(await lastAudit()).toMatchObject({ subject: 'cluster:payments', outcome: 'denied' });
  });
});

describe('live streams', () => {
  test('carry what their reader reads, and end when that changes', async () => {
    let actor = await tokenActor('scoped');
    const abort = new AbortController();
    const present = (views: readonly { slug: string }[]) => views.map(({ slug }) => slug);
    const stream = openLiveStream({ actor, slug: null, actorNow: () => Promise.resolve(actor), present, signal: abort.signal })!;
    let text = '';
    const reading = (async () => {
      const decoder = new TextDecoder();
      for await (const chunk of stream) text += decoder.decode(chunk);
    })();
    await waitFor('the first state', () => text.includes('payments'));
    await db.owner.query(`SELECT pg_notify('farshore_live', '{"clusters":"*"}')`);
    actor = aPersonOf({ ledger: 'viewer' });
    await reading;
    expect(text).toContain('event: access-changed');
    expect(text).not.toMatch(MARK);
  });
});

describe('who gives rights', () => {
  const administrator = async () => {
    const id = await db.addUser(`${randomUUID()}@farshore.test`, 'admin');
    return contextOf({ ...aPersonOf({}), userId: id, scopes: { fleet: 'admin', clusters: new Map() } });
  };

  test('gives a role on one cluster and takes it away, at once and on the record; another cluster’s stays', async () => {
    const by = await administrator();
    const email = 'scoped-person@farshore.test';
    const { id } = valueOf(await createUser(by, { email, name: 'Scoped', role: 'operator', clusters: ['payments'] }));
    const holds = async (cluster: string) => {
      const requester = await requesterNow(db.owner, `user:${email}`, id, new Date());
      return requester !== null && mayActor(requester, 'operation.request', { cluster });
    };
    expect([await holds('payments'), await holds(HIDDEN)]).toEqual([true, false]);
    // Two who give at one moment: neither undoes the other.
    await Promise.all([
      setRole(by, { email, role: 'operator', clusters: [HIDDEN] }),
      setRole(by, { email, role: 'none', clusters: ['payments'] }),
    ]);
    expect([await holds('payments'), await holds(HIDDEN)]).toEqual([false, true]);
    expect(await setRole(by, { email, role: 'operator', clusters: [HIDDEN] })).toMatchObject({
      kind: 'refused',
      reasons: [expect.stringContaining('already')],
    });
    expect(await setRole(by, { email, role: 'operator', clusters: ['no-such'] })).toMatchObject({
      reasons: ['There is no cluster “no-such”.'],
    });
    expect(await db.auditOf(`user:${email}`)).toEqual(
      expect.arrayContaining([expect.objectContaining({ action: 'user.set-role', outcome: 'done' })]),
    );
    const scopedAdmin = contextOf(aPersonOf({ payments: 'admin' }));
    expect(await setRole(scopedAdmin, { email, role: 'admin' })).toMatchObject({
      kind: 'denied',
      reasons: [expect.stringContaining('whole fleet')],
    });
  });

  test('a token has what its maker has now, also for the controller, and nothing when the maker is gone', async () => {
    const by = await administrator();
    expect(await createApiToken(by, { name: 'beyond', permissions: ['operation.request'] })).toMatchObject({
      kind: 'refused',
      reasons: [expect.stringContaining('never more than its maker')],
    });
    const { id, token } = valueOf(await createApiToken(by, { name: 'made', permissions: ['cluster.read', 'audit.read'] }));
    const may = async (permission: 'cluster.read' | 'audit.read', cluster: string) =>
      mayActor(await tokenActor(token), permission, { cluster });
    const makerId = by.actor.kind === 'user' ? by.actor.userId : 0;
    const maker = (change: string) => db.owner.query(`UPDATE app_user SET ${change} WHERE id = $1`, [makerId]);
    expect([await may('audit.read', HIDDEN), await may('cluster.read', 'payments')]).toEqual([true, true]);
    await maker("role = 'viewer'");
    expect([await may('audit.read', HIDDEN), await may('cluster.read', HIDDEN)]).toEqual([false, true]);
    await maker(`role = 'none', cluster_roles = '{"payments": "auditor"}'`);
    expect([await may('audit.read', 'payments'), await may('cluster.read', HIDDEN)]).toEqual([true, false]);
    await maker('disabled_at = now()');
    expect(mayAnywhere(await tokenActor(token), 'cluster.read')).toBe(false);
    const requester = await requesterNow(db.owner, 'token:made', null, new Date());
    expect(requester !== null && mayActor(requester, 'cluster.read', { cluster: 'payments' })).toBe(false);
    await maker("disabled_at = NULL, role = 'admin'");
    valueOf(await setApiTokenClusters({ ...by, prisma: owner }, { id, clusters: ['payments'] }));
    expect([await may('cluster.read', 'payments'), await may('cluster.read', HIDDEN)]).toEqual([true, false]);
    await db.owner.query('DELETE FROM app_user WHERE id = $1', [makerId]);
    expect(mayAnywhere(await tokenActor(token), 'cluster.read')).toBe(false);
  });

  test('a release before this one lets those with rights on single clusters do nothing', async () => {
    const { rows } = await db.owner.query(`SELECT role FROM app_user WHERE email = 'scoped-person@farshore.test'`);
    expect(rows).toEqual([{ role: 'none' }]);
    expect((await db.owner.query(`SELECT permissions FROM api_token WHERE name = 'scoped'`)).rows).toEqual([{ permissions: [] }]);
  });
});

test('the chain of all of the above is intact', async () => {
  expect(await verifyChain(db.owner)).toMatchObject({ intact: true });
});
