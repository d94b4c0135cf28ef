import type { PostgresObservation } from '../../lib/agent-contract/observation.ts';
import 'reflect-metadata';
import { randomUUID, X509Certificate } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:tls';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BATCH_BYTES_MAX, type IdentityResponse } from '../../lib/agent-contract/messages.ts';
import {
  issueToken,
  joinNode,
  registerCluster,
  requestJoin,
  startControllerFixture,
  waitFor,
  type ControllerFixture,
} from '../../test/controller-fixture.ts';
import { SimulatedAgent, makeKeyAndRequest, post } from '../../test/simulated-agent.ts';
import { simulatedFleet, simulatedObservation } from '../../test/simulated-observation.ts';
import { openAuthority } from '../pki/certificate-authority.ts';

const [SOME_NODE] = simulatedFleet(1);
if (SOME_NODE === undefined) throw new Error('no node');
const aSample = (sequence: number, atMs = Date.now()) => simulatedObservation(SOME_NODE, sequence, atMs, atMs - 60_000);

let fixture: ControllerFixture;
const names = [
  'alpha',
  'beta',
  'gamma',
  'delta',
  'epsilon',
  'zeta',
  'eta',
  'theta',
  'iota',
  'kappa',
  'lambda',
  'mu',
  'nu',
  'xi',
  'omicron',
];

beforeAll(async () => {
  fixture = await startControllerFixture();
  await registerCluster(fixture.pool, 'gateway-tests', names);
});
afterAll(async () => {
  await fixture?.stop();
});

async function storedSamples(nodeName: string): Promise<number> {
  const { rows } = await fixture.pool.query<{ count: string }>(
    'SELECT count(*) FROM sample s JOIN node n ON n.id = s.node_id WHERE n.name = $1',
    [nodeName],
  );
  return Number(rows[0]?.count);
}

describe('joining', () => {
  test('a hundred parallel uses of one token give exactly one certificate, and the node’s agent works with it', async () => {
    const { gatewayUrl, caPem } = fixture.controller;
    const secret = await issueToken(fixture.pool, 'alpha');
    const key = await makeKeyAndRequest();
    const answers = await Promise.all(Array.from({ length: 100 }, () => requestJoin(gatewayUrl, caPem, secret, 'alpha', { key })));
    const joined = answers.filter(({ status }) => status === 200);
    expect(joined).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(99);
    const { certificatePem } = joined[0]?.body as IdentityResponse;
    const agent = new SimulatedAgent({
      url: gatewayUrl,
      caPem,
      certificatePem,
      keyPem: key.keyPem,
      instanceId: joined[0]?.instanceId ?? '',
    });
    expect((await agent.send(agent.batch([aSample(1)]))).status).toBe(200);
    agent.close();
  });

  test('expired, used, unknown and another node’s tokens are refused with a sentence that names the thing', async () => {
    const { gatewayUrl, caPem } = fixture.controller;
    const refusals: [secret: string, name: string, sentence: RegExp][] = [
      [await issueToken(fixture.pool, 'beta', -1_000), 'beta', /expired at/],
      [await issueToken(fixture.pool, 'beta'), 'gamma', /for the node beta, not for gamma/],
      ['A'.repeat(32), 'beta', /unknown here/],
      [await issueToken(fixture.pool, 'beta'), '<script>alert(1)</script>', /for the node beta, not for/],
    ];
    for (const [secret, name, sentence] of refusals) {
      const { status, body } = await requestJoin(gatewayUrl, caPem, secret, name);
      expect(status).toBe(403);
      expect(body).toMatchObject({ type: 'urn:farshore:problem:join-refused', retryable: false, detail: expect.stringMatching(sentence) });
    }
  });

  test('a bad signing request leaves the token good', async () => {
    const { gatewayUrl, caPem } = fixture.controller;
    const secret = await issueToken(fixture.pool, 'beta');
    const bad = await requestJoin(gatewayUrl, caPem, secret, 'beta', { key: { keyPem: '', csrPem: 'not a request' } });
    expect(bad.status).toBe(422);
    expect((await requestJoin(gatewayUrl, caPem, secret, 'beta')).status).toBe(200);
  });
});

describe('who may speak', () => {
  test('no certificate, another authority’s, an expired one and a server’s are refused, each with its reason', async () => {
    const { gatewayUrl, caPem } = fixture.controller;
    const uuid = (await fixture.pool.query<{ uuid: string }>("SELECT uuid FROM node WHERE name = 'alpha'")).rows[0]?.uuid ?? '';
    const dir = await mkdtemp(path.join(tmpdir(), 'farshore-other-ca-'));
    const other = await openAuthority(dir);
    const own = await openAuthority(path.join(fixture.dir, 'pki'));
    const { keyPem, csrPem } = await makeKeyAndRequest();
    const longAgo = new Date(Date.now() - 30 * 24 * 3600 * 1000);
    const server = await own.issueServerCertificate(['localhost']);
    const cases: [tls: { key?: string; cert?: string }, status: number, sentence: RegExp][] = [
      [{}, 401, /needs the node’s client certificate/],
      [{ key: keyPem, cert: (await other.signNodeCertificate(csrPem, uuid)).certificatePem }, 403, /not issued by this installation/],
      [{ key: keyPem, cert: (await own.signNodeCertificate(csrPem, uuid, longAgo)).certificatePem }, 403, /expired at/],
      [{ key: server.keyPem, cert: server.certificatePem }, 403, /INVALID_PURPOSE|not meant for clients|not issued/],
      [{ key: keyPem, cert: (await own.signNodeCertificate(csrPem, randomUUID())).certificatePem }, 403, /not registered any more/],
      [{ key: keyPem, cert: (await own.signNodeCertificate(csrPem, uuid)).certificatePem }, 403, /replaced by newer ones/],
    ];
    for (const [tls, status, sentence] of cases) {
      const answer = await post({ url: gatewayUrl, path: '/v1/observations', body: {}, tls: { ca: caPem, ...tls } });
      expect(answer).toMatchObject({ status, body: { status, detail: expect.stringMatching(sentence), retryable: false } });
    }
    await rm(dir, { recursive: true });
  });

  test('the server speaks TLS 1.3 and 1.2, nothing older', async () => {
    const { port } = new URL(fixture.controller.gatewayUrl);
    const dial = (version: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3') =>
      new Promise<string>((resolve) => {
        const options = {
          port: Number(port),
          host: '127.0.0.1',
          ca: fixture.controller.caPem,
          minVersion: version,
          maxVersion: version,
        } as const;
        const socket = connect(options, () => {
          resolve(socket.getProtocol() ?? 'none');
          socket.destroy();
        });
        socket.on('error', () => resolve('refused'));
      });
    expect(await dial('TLSv1.3')).toBe('TLSv1.3');
    expect(await dial('TLSv1.2')).toBe('TLSv1.2');
    expect(await dial('TLSv1.1')).toBe('refused');
  });

  test('a node taken off the register is refused on its open connection', async () => {
    const agent = await joinNode(fixture, 'gamma');
    expect((await agent.send(agent.batch([aSample(1)]))).status).toBe(200);
    await fixture.pool.query("UPDATE node SET retired_at = now() WHERE name = 'gamma'");
    const refused = await waitFor('the refusal', async () => {
      const answer = await agent.send(agent.batch([aSample(Date.now() % 1e9)]));
      return answer.status === 403 ? answer : null;
    });
    expect(refused.body.type).toBe('urn:farshore:problem:node-retired');
    agent.close();
  });
});

describe('one identity, one agent', () => {
  test('restarts are ordinary; two agents at once lock the identity for both, and a new token unlocks it', async () => {
    const agent = await joinNode(fixture, 'delta');
    expect((await agent.send(agent.batch([aSample(1)]))).status).toBe(200);
    const restarted = agent.copy();
    expect((await restarted.send(restarted.batch([aSample(2)]))).status).toBe(200);
    expect((await restarted.send(restarted.batch([aSample(3)]))).status).toBe(200);
    // The one that was replaced speaks again: two processes hold the key.
    for (const holder of [agent, restarted, agent]) {
      const answer = await holder.send(holder.batch([aSample(10)]));
      expect(answer).toMatchObject({
        status: 403,
        body: { type: 'urn:farshore:problem:identity-locked', detail: expect.stringMatching(/node unlock/) },
      });
    }
    const { rows } = await fixture.pool.query(
      "SELECT outcome FROM audit_event WHERE action = 'node.lock' AND subject = 'node:gateway-tests/delta'",
    );
    expect(rows).toHaveLength(1);
    const again = await joinNode(fixture, 'delta');
    expect((await again.send(again.batch([aSample(1)]))).status).toBe(200);
    for (const one of [agent, restarted, again]) one.close();
  });

  test('renewal: both generations work for a while, a lost answer can be asked for again, a copy that renews locks', async () => {
    const agent = await joinNode(fixture, 'epsilon');
    const old = agent.copy();
    old.instanceId = agent.instanceId;
    await agent.send(agent.batch([aSample(1)]));
    const renewed = await agent.renew();
    expect(renewed.status).toBe(200);
    expect(new X509Certificate((renewed.body as IdentityResponse).certificatePem).fingerprint256).toBeDefined();
    expect((await agent.send(agent.batch([aSample(2)]))).status).toBe(200);
    expect((await old.send(old.batch([aSample(3)]))).status).toBe(200);
    // As if the answer had been lost: the same instance asks once more with the certificate it still has.
    expect((await old.renew()).status).toBe(200);
    expect(old.generation).toBe(agent.generation);
    const copy = old.copy();
    copy.generation = old.generation - 1;
    expect(await copy.renew()).toMatchObject({ status: 403, body: { type: 'urn:farshore:problem:identity-locked' } });
    expect(await old.send(old.batch([aSample(4)]))).toMatchObject({ status: 403, body: { type: 'urn:farshore:problem:identity-locked' } });
    for (const one of [agent, old, copy]) one.close();
  });
});

describe('bad input', () => {
  test('ten megabytes are refused before they are parsed, and the next message on a new connection is fine', async () => {
    const agent = await joinNode(fixture, 'zeta');
    const huge = await agent.send('x'.repeat(10 * 1024 * 1024));
    expect(huge).toMatchObject({ status: 413, body: { detail: expect.stringContaining(String(BATCH_BYTES_MAX)) } });
    expect((await agent.send(agent.batch([aSample(1)]))).status).toBe(200);
    agent.close();
  });

  test('what is not the contract is refused with the place that is wrong', async () => {
    const agent = await joinNode(fixture, 'eta');
    const good = agent.batch([aSample(1)]);
    const cases: [body: unknown, status: number, sentence: RegExp, headers?: Record<string, string>][] = [
      ['{"half":', 422, /not JSON/],
      ['['.repeat(200_000), 422, /not JSON/],
      [{ ...good, instanceId: 'me' }, 422, /At instanceId/],
      [{ ...good, samples: [{ ...aSample(1), sequence: -1 }] }, 422, /At samples\.0\.sequence/],
      [{ ...good, samples: [aSample(2), aSample(1)] }, 422, /does not come after/],
      [{ ...good, samples: [{ ...aSample(2), postgres: { ...aSample(2).postgres, timeline: 'one' } }] }, 422, /At samples\.0\.postgres/],
      [{ ...good, agentVersion: 'a\u0000b' }, 422, /NUL/],
      [Buffer.from('x'), 415, /Content-Encoding gzip/, { 'content-encoding': 'gzip' }],
      ['a=b', 415, /application\/json/, { 'content-type': 'application/x-www-form-urlencoded' }],
    ];
    for (const [body, status, sentence, headers] of cases) {
      expect(await agent.send(body, headers)).toMatchObject({ status, body: { detail: expect.stringMatching(sentence) } });
    }
    expect((await agent.send(good)).status).toBe(200);
    agent.close();
  });

  test('words, rows and positions of a newer PostgreSQL cost themselves, not the node; a list too long is cut, and says so', async () => {
    const agent = await joinNode(fixture, 'omicron');
    const sample = aSample(1);
    const [slot] = sample.postgres?.slots ?? [];
    const slots = [{ ...slot, walStatus: 'archived' }, { name: 'half a row' }, ...Array.from({ length: 5_000 }, () => slot)];
    const answer = await agent.send(
      agent.batch([{ ...sample, postgres: { ...sample.postgres, flushLsn: 'not an LSN', slots } } as typeof sample]),
    );
    expect(answer.status).toBe(200);
    const { rows } = await fixture.pool.query<{ postgres: PostgresObservation }>(
      `SELECT observation->'postgres' AS postgres FROM node_latest l JOIN node n ON n.id = l.node_id WHERE n.name = 'omicron'`,
    );
    expect(rows[0]?.postgres).toMatchObject({
      flushLsn: null,
      timeline: sample.postgres?.timeline,
      slotLosses: { dropped: 1, more: 4_746 },
    });
    expect(rows[0]?.postgres.slots[0]).toMatchObject({ name: slot?.name, walStatus: 'unknown: archived' });
    agent.close();
  });

  test('values that PostgreSQL cannot hold become unknown, and harm neither their own sample nor another node’s', async () => {
    const [hostile, innocent] = [await joinNode(fixture, 'theta'), await joinNode(fixture, 'iota')];
    const sample = aSample(1);
    if (sample.postgres === null) throw new Error('no postgres');
    const postgres = { ...sample.postgres, flushLsn: 'FFFFFFFF/FFFFFFFF', synchronousStandbyNames: 'half a pair: \ud800' };
    const sent = [hostile.send(hostile.batch([{ ...sample, postgres }])), innocent.send(innocent.batch([aSample(1)]))];
    expect((await Promise.all(sent)).map(({ status }) => status)).toEqual([200, 200]);
    const { rows } = await fixture.pool.query("SELECT flush_lsn FROM sample s JOIN node n ON n.id = s.node_id WHERE n.name = 'theta'");
    expect(rows).toEqual([{ flush_lsn: null }]);
    expect(await storedSamples('iota')).toBe(1);
    for (const one of [hostile, innocent]) one.close();
  });

  test('unknown paths and methods, and header floods, get a problem too', async () => {
    const { gatewayUrl: url, caPem: ca } = fixture.controller;
    expect(await post({ url, path: '/v2/join', body: {}, tls: { ca } })).toMatchObject({ status: 404, body: { status: 404 } });
    expect(await post({ url, path: '/v1/join', body: '', method: 'GET', tls: { ca } })).toMatchObject({
      status: 405,
      headers: { allow: 'POST' },
    });
    expect(await post({ url, path: '/v1/join', body: {}, tls: { ca }, headers: { 'x-flood': 'a'.repeat(20_000) } })).toMatchObject({
      status: 431,
    });
  });

  test('an agent in a loop is slowed down, its neighbour is not', async () => {
    const [noisy, quiet] = [await joinNode(fixture, 'kappa'), await joinNode(fixture, 'lambda')];
    const statuses: number[] = [];
    for (let sent = 0; sent < 80; sent += 1) {
      const answer = await noisy.send('{}');
      statuses.push(answer.status);
      if (answer.status === 429) expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
    expect(statuses).toContain(429);
    expect((await quiet.send(quiet.batch([aSample(1)]))).status).toBe(200);
    for (const one of [noisy, quiet]) one.close();
  });
});

describe('clocks and order', () => {
  test('an agent ten minutes off lands at the right time, also before it knows its offset', async () => {
    const agent = await joinNode(fixture, 'mu');
    const offsetMs = 600_000;
    const nowMs = Date.now();
    const theirs = (agoMs: number) => nowMs - offsetMs - agoMs;
    const unaware = { ...aSample(1, theirs(1000)), clock: { offsetMs: null, uncertaintyMs: null, chrony: null } };
    const aware = { ...aSample(2, theirs(0)), clock: { offsetMs, uncertaintyMs: 15, chrony: null } };
    for (const sample of [unaware, aware]) {
      expect((await agent.send(agent.batch([sample], { sentAt: new Date(theirs(0)).toISOString() }))).status).toBe(200);
    }
    const { rows } = await fixture.pool.query<{ observed_at: Date }>(
      "SELECT observed_at FROM sample s JOIN node n ON n.id = s.node_id WHERE n.name = 'mu' ORDER BY sequence",
    );
    expect(Math.abs((rows[0]?.observed_at.getTime() ?? 0) - (nowMs - 1000))).toBeLessThan(2_500);
    expect(rows[1]?.observed_at.getTime()).toBe(nowMs);
    agent.close();
  });

  test('an agent whose counter went back is told which number to go past', async () => {
    const agent = await joinNode(fixture, 'xi');
    const nowMs = Date.now();
    await agent.send(agent.batch([aSample(5_000, nowMs - 2000)]));
    expect(await agent.send(agent.batch([aSample(10, nowMs - 1000)]))).toMatchObject({ status: 200, body: { acceptedThrough: 5_000 } });
    expect(await agent.send(agent.batch([aSample(5_001, nowMs)]))).toMatchObject({ status: 200, body: { acceptedThrough: 5_001 } });
    agent.close();
  });

  test('a batch sent twice is stored once; what is too old or in the future is accepted and not kept', async () => {
    const agent = await joinNode(fixture, 'nu');
    const nowMs = Date.now();
    const batch = agent.batch([
      aSample(1, nowMs - 24 * 3600 * 1000),
      aSample(2, nowMs - 2000),
      aSample(3, nowMs - 1000),
      aSample(4, nowMs + 3600 * 1000),
    ]);
    for (const _attempt of [1, 2]) expect(await agent.send(batch)).toMatchObject({ status: 200, body: { acceptedThrough: 4 } });
    expect(await storedSamples('nu')).toBe(2);
    expect(fixture.logged().some(({ msg, reason }) => String(msg).includes('not kept') && reason === 'in-the-future')).toBe(true);
    agent.close();
  });
});
