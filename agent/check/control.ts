/** Tests what acting needs beyond observing: the control role, programs, files, poolers. Each problem has its remedy. */
import { constants as fsConstants } from 'node:fs';
import path from 'node:path';
import { VERBS, definitionOf } from '../../lib/agent-contract/verbs.ts';
import type { Needs } from '../../lib/agent-contract/verbs/verb.ts';
import type { AgentConfig } from '../config.ts';
import { configuredInstance } from '../instance.ts';
import { codeOf, messageOf } from '../../lib/runtime/error-message.ts';
import { destroyClient, newClient } from '../observe/connection.ts';
import { withDeadline } from '../observe/deadline.ts';
import { keepDirectoryOf, majorVersionOf, programOf } from '../perform/postgres/directory/node-paths.ts';
import { isTriedVersion } from './database.ts';
import { can } from './host.ts';
import { advice, missing, ok } from './report.ts';
import type { CheckResult } from './report.ts';

const CONNECT_DEADLINE_MS = 3000;
const QUERY_DEADLINE_MS = 2000;
/** Of all verbs together. */
const need = (kind: keyof Needs): string[] => [...new Set(VERBS.flatMap((verb) => definitionOf(verb).needs[kind]))].toSorted();
const [PROGRAMS, FUNCTIONS, PARAMETERS] = [need('programs'), need('functions'), need('parameters')];
const FROM_15 = 150_000;
const VERSIONS_PER_MAJOR = 10_000;
/** A server that is down says nothing about grants, and is no obstacle: starting it may be the very task. */
const NOT_UP = new Set(['ENOENT', 'ECONNREFUSED', '57P03', '57P01']);

export interface ControlGrants {
  user: string;
  version: number;
  superuser: boolean;
  replication: boolean;
  monitor: boolean;
  signalBackend: boolean;
  /** `null` before PostgreSQL 15, which does not have the role. */
  checkpoint: boolean | null;
  missingFunctions: string[];
  missingParameters: string[];
}

/** Everything. Empty without a [control] section. Never throws. */
export async function checkControl(config: AgentConfig): Promise<CheckResult[]> {
  if (config.control === undefined) return [];
  return [
    ...checkSettings(config),
    ...checkVersion(config),
    ...(await checkRole(config)),
    ...checkPrograms(config),
    ...checkFiles(config),
    ...(await checkPoolers(config)),
  ];
}

function checkSettings(config: AgentConfig): CheckResult[] {
  const { control, postgres, peers } = config;
  const results: CheckResult[] = [];
  if (postgres.data_directory === undefined)
    results.push(
      missing(
        'data directory',
        'is not configured: a server that is down can neither be started nor guarded',
        '[postgres]\ndata_directory = "…"',
      ),
    );
  if (control?.service === 'systemd' && control.unit === undefined)
    results.push(missing('service', 'is systemd, and no unit is named', '[control]\nunit = "postgresql.service"'));
  if (control?.service === 'pg_ctlcluster' && control.cluster === undefined)
    results.push(missing('service', 'is pg_ctlcluster, and no cluster is named', '[control]\ncluster = "17/main"'));
  if (Object.keys(peers).length === 0)
    results.push(advice('peers', 'no other node is known: this node can follow none', '[peers.OTHER-NODE]\nhost = "…"'));
  return results;
}

/** From the data directory, so that a server that is down counts too. */
function checkVersion({ postgres }: AgentConfig): CheckResult[] {
  const major = postgres.data_directory === undefined ? null : majorVersionOf(postgres.data_directory);
  return major === null ? [] : judgeVersion(major);
}

/** Pure. The obstacle shows what was found without the remedy, so that both stand there. */
export function judgeVersion(major: number): CheckResult[] {
  if (isTriedVersion(major * VERSIONS_PER_MAJOR)) return [];
  const found = `PostgreSQL ${major} is not among the versions that this agent changes (14 to 18). Update the agent, or change this server by hand.`;
  return [missing('version', found, 'Install a release of the agent that names this version.')];
}

async function checkRole(config: AgentConfig): Promise<CheckResult[]> {
  const user = config.control?.user ?? '';
  const client = newClient({ ...config.postgres, user }, 'farshore-agent-check', true);
  try {
    await withDeadline('PostgreSQL (control role)', client.connect(), CONNECT_DEADLINE_MS);
    return judgeControlGrants(await withDeadline('PostgreSQL', readGrants(client), QUERY_DEADLINE_MS));
  } catch (error) {
    const code = codeOf(error);
    if (code !== null && NOT_UP.has(code)) return [];
    const remedy = [
      `CREATE ROLE ${user} LOGIN REPLICATION IN ROLE pg_monitor, pg_signal_backend;  -- when it is missing`,
      `pg_hba.conf:    local  ${config.postgres.database}  ${user}  peer map=farshore`,
      `pg_ident.conf:  farshore  postgres  ${user}`,
    ].join('\n');
    return [missing('control role', `${user} can't connect: ${messageOf(error)}`, remedy)];
  } finally {
    await withDeadline('PostgreSQL', client.end(), QUERY_DEADLINE_MS).catch(() => destroyClient(client));
  }
}

async function readGrants(client: ReturnType<typeof newClient>): Promise<ControlGrants> {
  const version = Number((await client.query<{ v: string }>("select current_setting('server_version_num') as v")).rows[0]?.v);
  const has15 = version >= FROM_15;
  const sql = `select current_user as "user", ${version} as version, r.rolsuper as superuser, r.rolreplication as replication,
    pg_has_role('pg_monitor', 'usage') as monitor, pg_has_role('pg_signal_backend', 'usage') as "signalBackend",
    ${has15 ? "pg_has_role('pg_checkpoint', 'usage')" : 'null::boolean'} as checkpoint,
    array(select f from unnest($1::text[]) f where not has_function_privilege(f, 'execute')) as "missingFunctions",
    ${has15 ? "array(select p from unnest($2::text[]) p where not has_parameter_privilege(p, 'alter system'))" : '$2::text[]'} as "missingParameters"
    from pg_roles r where r.rolname = current_user`;
  const { rows } = await client.query<ControlGrants>(sql, [FUNCTIONS, has15 ? PARAMETERS : []]);
  if (rows[0] === undefined) throw new Error('PostgreSQL answered without a row.');
  return rows[0];
}

/** Pure. */
export function judgeControlGrants(found: ControlGrants): CheckResult[] {
  const subject = 'control role';
  const { user } = found;
  if (found.superuser) return [advice(subject, `${user} is a superuser, which acting does not need`, `ALTER ROLE ${user} NOSUPERUSER;`)];
  const results: CheckResult[] = [];
  const lacks = (what: string, without: string, remedy: string): void =>
    void results.push(missing(subject, `${user} lacks ${what}: it can't ${without}`, remedy));
  if (!found.replication) lacks('REPLICATION', 'make and move slots', `ALTER ROLE ${user} REPLICATION;`);
  if (!found.monitor) lacks('pg_monitor', 'see who streams', `GRANT pg_monitor TO ${user};`);
  if (!found.signalBackend) lacks('pg_signal_backend', 'end a sender that hangs', `GRANT pg_signal_backend TO ${user};`);
  if (found.checkpoint === false) lacks('pg_checkpoint', 'checkpoint before a shutdown', `GRANT pg_checkpoint TO ${user};`);
  for (const name of found.missingFunctions) lacks(`EXECUTE on ${name}`, 'call it', `GRANT EXECUTE ON FUNCTION ${name} TO ${user};`);
  if (found.missingParameters.length > 0) {
    const names = found.missingParameters.join(', ');
    results.push(
      advice(
        subject,
        `${user} may not ALTER SYSTEM ${names}: the agent edits postgresql.auto.conf itself instead`,
        `GRANT ALTER SYSTEM ON PARAMETER ${names} TO ${user};`,
      ),
    );
  }
  return results.length === 0 ? [ok(subject, `${user} has what acting needs`)] : results;
}

function checkPrograms(config: AgentConfig): CheckResult[] {
  return PROGRAMS.flatMap((name) => {
    try {
      programOf(configuredInstance(config), name);
      return [];
    } catch (error) {
      return [missing(name, messageOf(error), 'Install the server package, or set [postgres] bin_directory.')];
    }
  });
}

function checkFiles(config: AgentConfig): CheckResult[] {
  const { passfile, sslrootcert, sslcert, sslkey } = config.replication;
  const results = Object.entries({ passfile, sslrootcert, sslcert, sslkey }).flatMap(([key, file]) =>
    file === undefined || can(file, fsConstants.R_OK)
      ? []
      : [
          missing(
            `replication ${key}`,
            `${file} can't be read: this node could follow no other`,
            'Make it readable for the user that runs PostgreSQL.',
          ),
        ],
  );
  const keep = keepDirectoryOf(config);
  const writable = [keep, path.dirname(keep)].find((directory) => can(directory, fsConstants.F_OK)) ?? keep;
  if (!can(writable, fsConstants.W_OK | fsConstants.X_OK)) {
    results.push(
      missing(
        'keep directory',
        `${keep} can't be written: diverged WAL could not be kept`,
        `install -d -o postgres -g postgres -m 700 ${keep}`,
      ),
    );
  }
  return results;
}

async function checkPoolers(config: AgentConfig): Promise<CheckResult[]> {
  const names = Object.keys(config.poolers);
  if (names.length === 0) return [];
  const { poolerStates } = await import('../perform/pooler/states.ts');
  const states = await poolerStates(config);
  return states.flatMap(({ name, reachable, message }) => {
    const file = config.poolers[name]?.config ?? '';
    const results: CheckResult[] = [];
    if (!reachable)
      results.push(
        missing(
          `pooler ${name}`,
          message ?? 'its console gave no answer',
          `[poolers.${name}]: compare console, port and user with pgbouncer.ini (admin_users)`,
        ),
      );
    // It is replaced as a whole, in its directory.
    if (!can(file, fsConstants.R_OK) || !can(path.dirname(file), fsConstants.W_OK))
      results.push(
        missing(
          `pooler ${name}`,
          `${file} can't be replaced by this user`,
          `Let the user that runs the agent write ${path.dirname(file)}.`,
        ),
      );
    return results;
  });
}
