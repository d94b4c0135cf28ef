/**
 * Makes a database that its owner has turned against those who connect to it with more rights: in a schema that everybody finds
 * first stand a function, a table, a type and an operator of every name that the agent's SQL uses, each of which fails loudly when it is taken
 * for PostgreSQL's own; and settings that change how values are read and written. What an owner may do needs no superuser.
 */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { ROOT } from '../setup/build.ts';

export const SHADOWED = 'a shadow of pg_catalog was used';
const TENANT = 'tenant';
const SCHEMA = 'public';

/** As ALTER DATABASE … SET, each the opposite of what a reader of its answers expects. */
const SETTINGS: Readonly<Record<string, string>> = {
  search_path: `${SCHEMA}, pg_catalog`,
  timezone: "'Asia/Kolkata'",
  datestyle: "'SQL, DMY'",
  intervalstyle: 'sql_standard',
  bytea_output: 'escape',
  extra_float_digits: '-15',
  standard_conforming_strings: 'off',
  array_nulls: 'off',
  transform_null_equals: 'on',
  quote_all_identifiers: 'on',
  default_transaction_isolation: 'serializable',
  default_transaction_deferrable: 'on',
  idle_session_timeout: "'300ms'",
  statement_timeout: "'1ms'",
};

const SHADOWED_TYPES = [
  'text',
  'name',
  'oid',
  'regclass',
  'regnamespace',
  'pg_lsn',
  'timestamptz',
  'jsonb',
  'json',
  'int4',
  'int8',
  'float8',
  'inet',
  'tid',
];
const SHADOWED_OPERATORS = ['=', '<>', '<', '>', '<=', '>=', '+', '-', '*', '/', '||', '~', '~~', '->', '->>'];

/** Every word that stands before a bracket, or is spelled like a relation of pg_catalog, in the agent's own sources. */
function wordsOfTheAgent(): string[] {
  const directory = path.join(ROOT, 'agent');
  const words = new Set<string>();
  for (const file of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || file.includes('.test.')) continue;
    for (const [word] of readFileSync(path.join(directory, file), 'utf8').matchAll(/\b[a-z][a-z0-9_]{2,}\b/g)) words.add(word);
  }
  return [...words];
}

export interface Shadows {
  functions: number;
  relations: number;
  operators: number;
  types: number;
}

/** @param url of a superuser's connection to the database. @returns how many names are shadowed, so that a test can see that it shadows any. */
export async function makeHostile(url: string): Promise<Shadows> {
  const client = new pg.Client({ connectionString: url, options: '-c search_path=pg_catalog' });
  await client.connect();
  const made: Shadows = { functions: 0, relations: 0, operators: 0, types: 0 };
  /** Some can't be made (an argument of an internal type): those can't be shadowed by an owner either. */
  const tries = async (kind: keyof Shadows, statement: string): Promise<void> => {
    await client.query('SAVEPOINT one');
    try {
      await client.query(statement);
      made[kind] += 1;
    } catch {
      await client.query('ROLLBACK TO one');
    }
  };
  const fails = `LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '${SHADOWED}'; END $$`;
  try {
    const words = wordsOfTheAgent();
    const database = client.escapeIdentifier(
      String((await client.query<{ name: string }>('SELECT current_database() AS name')).rows[0]?.name),
    );
    await client.query('BEGIN');
    await client.query(`CREATE ROLE ${TENANT} LOGIN`);
    await client.query(`GRANT CREATE, USAGE ON SCHEMA ${SCHEMA} TO ${TENANT}`);
    await client.query(`GRANT USAGE ON SCHEMA ${SCHEMA} TO PUBLIC`);
    await client.query(`ALTER DATABASE ${database} OWNER TO ${TENANT}`);
    await client.query(`SET LOCAL ROLE ${TENANT}`);

    const functions = await client.query<{ name: string; arguments: string; result: string }>(
      `SELECT proname AS name, pg_get_function_arguments(oid) AS arguments, pg_get_function_result(oid) AS result FROM pg_proc
        WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind IN ('f', 'w') AND proname = ANY($1::name[])`,
      [words],
    );
    for (const { name, arguments: list, result } of functions.rows)
      await tries('functions', `CREATE FUNCTION ${SCHEMA}.${name}(${list}) RETURNS ${result} ${fails}`);

    const relations = await client.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind IN ('r', 'v') AND relname = ANY($1::name[])`,
      [words],
    );
    for (const { name } of relations.rows) {
      await tries('relations', `CREATE TABLE ${SCHEMA}.${name} (LIKE pg_catalog.${name})`);
      await tries('functions', `GRANT SELECT ON ${SCHEMA}.${name} TO PUBLIC`);
    }

    const operators = await client.query<{ name: string; left: string; right: string; result: string }>(
      `SELECT oprname AS name, oprleft::regtype AS left, oprright::regtype AS right, oprresult::regtype AS result FROM pg_operator
        WHERE oprnamespace = 'pg_catalog'::regnamespace AND oprname = ANY($1::name[]) AND oprleft <> 0`,
      [SHADOWED_OPERATORS],
    );
    for (const [number, { name, left, right, result }] of operators.rows.entries()) {
      await tries('functions', `CREATE FUNCTION ${SCHEMA}.shadow_${number}(${left}, ${right}) RETURNS ${result} ${fails}`);
      await tries(
        'operators',
        `CREATE OPERATOR ${SCHEMA}.${name} (LEFTARG = ${left}, RIGHTARG = ${right}, FUNCTION = ${SCHEMA}.shadow_${number})`,
      );
    }

    await client.query(`CREATE FUNCTION ${SCHEMA}.refuse() RETURNS pg_catalog.bool ${fails}`);
    for (const type of SHADOWED_TYPES)
      await tries('types', `CREATE DOMAIN ${SCHEMA}.${type} AS pg_catalog.${type} CHECK (${SCHEMA}.refuse())`);
    for (const [name, value] of Object.entries(SETTINGS)) await client.query(`ALTER DATABASE ${database} SET ${name} = ${value}`);
    await client.query('COMMIT');
  } finally {
    await client.end();
  }
  return made;
}
