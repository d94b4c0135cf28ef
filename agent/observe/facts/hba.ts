import type { HbaRule } from '../../../lib/agent-contract/facts.ts';
import type { Session } from '../session.ts';

const RULES_MAX = 500;
const SQL = `select line_number as "lineNumber", type, database as databases, user_name as users, address, netmask,
  auth_method as method, error from pg_hba_file_rules limit ${RULES_MAX}`;

const clipAll = (values: readonly string[] | null): string[] => (values ?? []).slice(0, 64).map((value) => value.slice(0, 128));

/**
 * The lines of `pg_hba.conf`. Needs EXECUTE on `pg_hba_file_rules()` and SELECT on the view of that name: `pg_monitor` has neither.
 * Throws the server's error (42501 without the grants).
 */
export async function readHbaRules(session: Session, deadlineMs: number): Promise<HbaRule[]> {
  const rows = await session.query<HbaRule>({ name: 'facts-hba', text: SQL }, deadlineMs);
  return rows.map((row) => ({
    lineNumber: row.lineNumber ?? 0,
    type: row.type?.slice(0, 20) ?? null,
    databases: clipAll(row.databases),
    users: clipAll(row.users),
    address: row.address?.slice(0, 128) ?? null,
    netmask: row.netmask?.slice(0, 64) ?? null,
    method: row.method?.slice(0, 32) ?? null,
    error: row.error?.slice(0, 500) ?? null,
  }));
}
