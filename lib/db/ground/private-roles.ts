/** Makes the roles and the database of a private control database, or brings them up to the passwords. */
import pg from 'pg';
import type { Queryable } from './pool.ts';

export const OWNER = 'farshore';
export const WEB_ROLE = 'farshore_web';
export const DATABASE = 'farshore';

/** As superuser. */
export async function ensureRoles(client: Queryable, passwords: { owner: string; web: string }): Promise<void> {
  const roles = [
    [OWNER, passwords.owner],
    [WEB_ROLE, passwords.web],
  ] as const;
  for (const [role, password] of roles) {
    const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
    const verb = rowCount === 0 ? 'CREATE' : 'ALTER';
    await client.query(`${verb} ROLE ${role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD ${pg.escapeLiteral(password)}`);
  }
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
  if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE} OWNER ${OWNER}`);
  await client.query(`REVOKE ALL ON DATABASE ${DATABASE} FROM PUBLIC`);
  await client.query(`GRANT CONNECT ON DATABASE ${DATABASE} TO ${WEB_ROLE}`);
}

/** PostgreSQL 14 lets everybody make tables in `public`. As superuser, in that database. */
export async function closePublicSchema(client: Queryable): Promise<void> {
  await client.query(`REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT ALL ON SCHEMA public TO ${OWNER}`);
}
