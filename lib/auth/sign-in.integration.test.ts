import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PASSWORD, startWebDatabase } from '../../test/web/web-database.ts';
import type { WebTestDatabase } from '../../test/web/web-database.ts';
import { identifyBearer, identifySession } from './identify.ts';
import { FAILURES_BEFORE_PAUSE, FIRST_PAUSE_MS } from './lockout.ts';
import { IDLE_LIMIT_MS, sessionLengthMs } from './session-limits.ts';
import { signInWithPassword, signOutSession } from './sign-in.ts';

let db: WebTestDatabase;
beforeAll(async () => {
  db = await startWebDatabase();
});
afterAll(() => db?.stop());

const now = Date.now();
const signIn = (email: string, password = PASSWORD, nowMs = now) => signInWithPassword(db.web, { email, password }, nowMs);

describe('sign-in', () => {
  test('opens a session of its own each time, and says so in the audit', async () => {
    await db.addUser('ada@farshore.test', 'operator');
    const first = await signIn(' Ada@Farshore.test ');
    const second = await signIn('ada@farshore.test');
    expect(first?.sessionId).not.toBe(second?.sessionId);
    expect(await identifySession(db.web, first?.sessionId, now)).toMatchObject({
      kind: 'user',
      email: 'ada@farshore.test',
      scopes: { fleet: 'operator' },
    });
    expect(await db.auditOf('user:ada@farshore.test')).toMatchObject([
      { action: 'session.sign-in', outcome: 'done' },
      { action: 'session.sign-in', outcome: 'done' },
    ]);
  });

  test('a wrong password, an unknown address and nonsense are refused alike, and audited', async () => {
    await db.addUser('bob@farshore.test', 'viewer');
    expect(await signIn('bob@farshore.test', 'wrong')).toBeNull();
    expect(await signIn('nobody@farshore.test')).toBeNull();
    for (const input of [
      null,
      {},
      { email: 'x' },
      { email: 'bob@farshore.test', password: '' },
      { email: 'a\0b', password: 'x' },
      { email: 7, password: [] },
    ]) {
      expect(await signInWithPassword(db.web, input, now)).toBeNull();
    }
    expect(await db.auditOf('bob@farshore.test')).toMatchObject([{ actor: 'anonymous', outcome: 'denied' }]);
    expect(await db.auditOf('nobody@farshore.test')).toMatchObject([{ actor: 'anonymous', outcome: 'denied' }]);
  });

  test('an unknown address takes the time of a wrong password', async () => {
    await db.addUser('time@farshore.test', 'viewer');
    // Of this process's own processor time, in turns: what else the machine does must not decide it.
    const costOf = async (email: string): Promise<number> => {
      const before = process.cpuUsage();
      await signIn(email, 'wrong');
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    const costs: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] };
    await costOf('warm@farshore.test');
    for (let attempt = 0; attempt < 7; attempt += 1) {
      costs.known.push(await costOf('time@farshore.test'));
      costs.unknown.push(await costOf('unknown@farshore.test'));
    }
    const [known, unknown] = [costs.known, costs.unknown].map((times) => times.toSorted((one, other) => one - other)[3]!);
    // Hashing dominates both; without the decoy the unknown one would take a fraction.
    expect(unknown).toBeGreaterThan(known! / 2);
  });

  test('the tenth failure pauses the account, also for the right password and for parallel attempts', async () => {
    await db.addUser('eve@farshore.test', 'viewer');
    const attempts = Array.from({ length: 30 }, () => signIn('eve@farshore.test', 'wrong'));
    expect((await Promise.all(attempts)).every((result) => result === null)).toBe(true);
    const { rows } = await db.owner.query<{ failed_logins: number }>(
      "SELECT failed_logins FROM app_user WHERE email = 'eve@farshore.test'",
    );
    expect(rows[0]?.failed_logins).toBe(FAILURES_BEFORE_PAUSE);
    expect(await signIn('eve@farshore.test')).toBeNull();
    expect(await signIn('eve@farshore.test', PASSWORD, now + FIRST_PAUSE_MS + 1)).not.toBeNull();
    const after = await db.owner.query("SELECT failed_logins, locked_until FROM app_user WHERE email = 'eve@farshore.test'");
    expect(after.rows).toEqual([{ failed_logins: 0, locked_until: null }]);
  });

  test('a disabled account does not get in', async () => {
    const id = await db.addUser('gone@farshore.test', 'admin');
    const session = await signIn('gone@farshore.test');
    await db.owner.query('UPDATE app_user SET disabled_at = now() WHERE id = $1', [id]);
    expect(await signIn('gone@farshore.test')).toBeNull();
    expect(await identifySession(db.web, session?.sessionId, now)).toBeNull();
  });
});

describe('sessions', () => {
  test('end by sign-out, revocation, idleness and age; a changed role counts at once', async () => {
    const id = await db.addUser('carl@farshore.test', 'viewer');
    const open = async () => (await signIn('carl@farshore.test'))!.sessionId;
    const [left, revoked, idle] = [await open(), await open(), await open()];

    await signOutSession(db.web, left, now);
    await signOutSession(db.web, left, now);
    expect(await identifySession(db.web, left, now)).toBeNull();
    expect((await db.auditOf('carl')).filter((event) => event.action === 'session.sign-out')).toHaveLength(1);

    await db.owner.query('UPDATE user_session SET revoked_at = now() WHERE id = $1', [revoked]);
    expect(await identifySession(db.web, revoked, now)).toBeNull();

    await db.owner.query("UPDATE app_user SET role = 'auditor' WHERE id = $1", [id]);
    expect(await identifySession(db.web, idle, now)).toMatchObject({ scopes: { fleet: 'auditor' } });
    await db.owner.query("UPDATE app_user SET role = 'viewer' WHERE id = $1", [id]);

    // Use keeps it alive up to its longest duration, and not beyond.
    let at = now;
    for (; at < now + sessionLengthMs('viewer'); at += IDLE_LIMIT_MS / 2) {
      expect(await identifySession(db.web, idle, at)).not.toBeNull();
    }
    expect(await identifySession(db.web, idle, at)).toBeNull();
    const another = await open();
    expect(await identifySession(db.web, another, now + IDLE_LIMIT_MS)).toBeNull();
  });

  test.each([undefined, null, 7, '', 'x', "' OR 1=1", '00000000-0000-0000-0000-000000000000'])('%j is nobody', async (sessionId) => {
    expect(await identifySession(db.web, sessionId, now)).toBeNull();
  });
});

describe('API tokens', () => {
  test('speak with their permissions until they expire or are revoked', async () => {
    await db.addToken('fat_reader', ['cluster.read', 'made.up']);
    await db.addToken('fat_old', ['cluster.read'], new Date(now - 1));
    expect(await identifyBearer(db.web, 'Bearer fat_reader', now)).toMatchObject({ kind: 'apiToken', scopes: { fleet: ['cluster.read'] } });
    for (const header of [
      null,
      '',
      'fat_reader',
      'Basic fat_reader',
      'Bearer',
      'Bearer fat_wrong',
      'Bearer fat_old',
      `Bearer ${'x'.repeat(9999)}`,
    ]) {
      expect(await identifyBearer(db.web, header, now)).toBeNull();
    }
    await db.owner.query("UPDATE api_token SET revoked_at = now() WHERE name = 'fat_reader'");
    expect(await identifyBearer(db.web, 'Bearer fat_reader', now)).toBeNull();
  });
});
