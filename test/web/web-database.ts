/** A real control database for tests of the web process: migrated, and reached under the web role's own narrow privileges. */
import { hash } from '@node-rs/argon2';
import pg from 'pg';
import { createHash } from 'node:crypto';
import { applyGrants } from '../../lib/db/ground/grants.ts';
import { createPool } from '../../lib/db/ground/pool.ts';
import { startPostgres } from '../live-postgres.ts';
import type { LivePostgres } from '../live-postgres.ts';
import { migratedDatabase, migratedDirectory } from '../store.ts';

export const PASSWORD = 'correct horse battery staple';
const ROLE = 'farshore_web';

export interface WebTestDatabase {
  /** As the web process connects. */
  url: string;
  web: pg.Pool;
  /** As the owner, to prepare and to look. */
  owner: pg.Pool;
  ownerUrl: string;
  addUser: (email: string, role: string) => Promise<number>;
  addToken: (secret: string, permissions: string[], expiresAt?: Date | null) => Promise<void>;
  auditOf: (subjectPart: string) => Promise<{ actor: string; action: string; outcome: string; body: string }[]>;
  /** To be halted and started again. */
  server: LivePostgres;
  stop: () => Promise<void>;
}

export async function startWebDatabase(): Promise<WebTestDatabase> {
  const server = await startPostgres({ dataFrom: await migratedDirectory() });
  const ownerUrl = await migratedDatabase(server);
  const owner = createPool(ownerUrl, { max: 4, applicationName: 'test owner' });
  await owner.query(`CREATE ROLE ${ROLE} LOGIN`);
  await owner.query('BEGIN');
  await applyGrants(owner, ROLE);
  await owner.query('COMMIT');
  const url = ownerUrl.replace('postgres@', `${ROLE}@`);
  const web = createPool(url, { max: 10, applicationName: 'test web' });
  const passwordHash = await hash(PASSWORD);
  return {
    url,
    web,
    owner,
    ownerUrl,
    server,
    addUser: async (email, role) => {
      const { rows } = await owner.query<{ id: number }>(
        'INSERT INTO app_user (email, name, role, password_hash) VALUES ($1, $1, $2, $3) RETURNING id',
        [email, role, passwordHash],
      );
      return rows[0]!.id;
    },
    addToken: async (secret, permissions, expiresAt = null) => {
      const secretHash = createHash('sha256').update(secret).digest('hex');
      await owner.query('INSERT INTO api_token (name, secret_hash, permissions, expires_at) VALUES ($1, $2, $3, $4)', [
        secret,
        secretHash,
        permissions,
        expiresAt,
      ]);
    },
    auditOf: async (subjectPart) => {
      const { rows } = await owner.query<{ actor: string; action: string; outcome: string; body: string }>(
        'SELECT actor, action, outcome, body FROM audit_event WHERE position($1 in subject) > 0 OR position($1 in actor) > 0 ORDER BY sequence',
        [subjectPart],
      );
      return rows;
    },
    stop: async () => {
      await web.end();
      await owner.end();
      await server.stop();
    },
  };
}
