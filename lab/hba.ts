/** `pg_hba.conf` and `pg_ident.conf`: every line names a role, a database and one peer's address; nothing is open to a network. */
import { APP_DATABASE, APP_ROLE, CONTROL_ROLE, MONITOR_ROLE, REPLICATION_ROLE, REWIND_ROLE, SUPERUSER } from './roles.ts';

const IDENT_MAP = 'farshore';

/**
 * @param peers addresses of the cluster's other nodes. Replication needs a password *and* a client certificate in the role's name.
 * @param poolerAddress where the application's pooler connects from.
 */
export function hbaFile(peers: readonly string[], poolerAddress: string): string {
  const lines = [
    '# type  database  user  address  method',
    `local  all  ${SUPERUSER}  peer map=${IDENT_MAP}`,
    `local  all  ${MONITOR_ROLE}  peer map=${IDENT_MAP}`,
    `local  postgres  ${CONTROL_ROLE}  peer map=${IDENT_MAP}`,
    `hostssl  ${APP_DATABASE}  ${APP_ROLE}  ${poolerAddress}/32  scram-sha-256`,
    ...peers.flatMap((peer) => [
      `hostssl  replication  ${REPLICATION_ROLE}  ${peer}/32  scram-sha-256 clientcert=verify-full`,
      `hostssl  postgres  ${REWIND_ROLE}  ${peer}/32  scram-sha-256 clientcert=verify-ca`,
    ]),
  ];
  return `${lines.join('\n')}\n`;
}

/** @param administrators OS users that may become superuser over the unix socket; the first is the one the agent runs as. */
export function identFile(administrators: readonly string[]): string {
  const roles = [SUPERUSER, MONITOR_ROLE, CONTROL_ROLE];
  const lines = administrators.flatMap((user) => roles.map((role) => `${IDENT_MAP}  ${user}  ${role}`));
  return `# map  os-user  role\n${lines.join('\n')}\n`;
}
