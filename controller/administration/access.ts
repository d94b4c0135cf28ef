/** Accounts, sessions and API tokens on the administrator's command line. */
import { readFileSync } from 'node:fs';
import { Option } from 'commander';
import type { Command } from 'commander';
import { createApiToken } from '../../lib/commands/api-token/create.ts';
import { setApiTokenClusters } from '../../lib/commands/api-token/set-scope.ts';
import { revokeSessions } from '../../lib/commands/session/revoke.ts';
import { createUser } from '../../lib/commands/user/create.ts';
import { setRole } from '../../lib/commands/user/set-role.ts';
import { disableAccount } from '../../lib/commands/user/disable.ts';
import { listApiTokens } from '../../lib/db/fleet/settings-lists.ts';
import { queryableOf } from '../../lib/db/ground/prisma.ts';
import { listedPermissions, rolesInWords } from '../../lib/domain/policy/access.ts';
import { NO_ROLE, permissionsHeld, rolesHeld } from '../../lib/domain/policy/held.ts';
import { listUsers } from '../../lib/db/accounts/users.ts';
import { API_TOKEN_PERMISSIONS, ROLES } from '../../lib/domain/policy/permissions.ts';
import type { ApiTokenPermission, Role } from '../../lib/domain/policy/permissions.ts';
import { answers, list, runCommand, wholeNumber, withPrisma } from './answering.ts';

const PASSWORD_STDIN_BYTES_MAX = 4096;

function passwordFromStdin(): string {
  return readFileSync(0, 'utf8')
    .slice(0, PASSWORD_STDIN_BYTES_MAX)
    .replace(/\r?\n$/, '');
}

export function addAccessCommands(program: Command): void {
  const user = program.command('user').description('accounts');
  user
    .command('create <email>')
    .description('create an account')
    .requiredOption('--name <name>')
    .addOption(new Option('--role <role>').choices(ROLES).makeOptionMandatory())
    .option('--clusters <slugs>', 'the role holds on these clusters only (default: on the whole fleet)', list)
    .option('--password-stdin', 'read the password from standard input (default: one is made and printed)')
    .action(
      answers(program, async (email: string, options: { name: string; role: Role; clusters?: string[]; passwordStdin?: boolean }) => {
        const password = options.passwordStdin === true ? { password: passwordFromStdin() } : {};
        const { name, role, clusters = null } = options;
        const created = await runCommand((context) => createUser(context, { email, name, role, clusters, ...password }));
        const shown = options.passwordStdin === true ? '' : `\nPassword (shown this once): ${created.password}`;
        const { password: made, ...account } = created;
        return {
          text: `Created ${created.email} as ${created.role} ${where(created.clusters)}.${shown}`,
          data: options.passwordStdin === true ? account : { ...account, password: made },
        };
      }),
    );
  user
    .command('set-role <email>')
    .description('give an account another role on the whole fleet or on some clusters; what it holds elsewhere stays')
    .addOption(new Option('--role <role>', 'none takes it away').choices([...ROLES, NO_ROLE]).makeOptionMandatory())
    .option('--clusters <slugs>', 'on these clusters only (default: on the whole fleet)', list)
    .action(
      answers(program, async (email: string, { role, clusters = null }: { role: Role | typeof NO_ROLE; clusters?: string[] | null }) => {
        const data = await runCommand((context) => setRole(context, { email, role, clusters }));
        return { text: `${data.email} has the role ${data.role} ${where(data.clusters)}.`, data };
      }),
    );
  user
    .command('disable <email>')
    .description('disable an account and end its sessions')
    .action(
      answers(program, async (email: string) => {
        const data = await runCommand((context) => disableAccount(context, { email }));
        return { text: `Disabled ${email}; ${data.sessionsEnded} session(s) ended.`, data };
      }),
    );
  user
    .command('list')
    .description('list accounts')
    .action(
      answers(program, async () => {
        const users = await withPrisma((prisma) => listUsers(prisma));
        const lines = users.map(
          (one) => `${one.email}  ${rolesInWords(rolesHeld(one))}  ${one.name}${one.disabledAt === null ? '' : '  (disabled)'}`,
        );
        return {
          text: lines.join('\n') || 'There is no account. Begin with: npm run admin -- user create EMAIL --name … --role admin',
          data: users,
        };
      }),
    );
  program
    .command('session')
    .description('sessions')
    .command('revoke <email>')
    .description('end all sessions of an account')
    .action(
      answers(program, async (email: string) => {
        const data = await runCommand((context) => revokeSessions(context, { email }));
        return { text: `${data.sessionsEnded} session(s) of ${email} ended.`, data };
      }),
    );
  addTokenCommands(program);
}

function addTokenCommands(program: Command): void {
  const token = program.command('api-token').description('tokens for machines');
  token
    .command('create <name>')
    .description('create an API token; without --permissions it reads only')
    .option('--permissions <list>', `any of: ${API_TOKEN_PERMISSIONS.join(',')}`, list, ['cluster.read'])
    .option('--clusters <slugs>', 'it holds them on these clusters only (default: on the whole fleet)', list)
    .option('--days <n>', 'how long it is valid (default: until it is revoked)')
    .action(
      answers(program, async (name: string, options: { permissions: string[]; clusters?: string[]; days?: string }) => {
        const input = {
          name,
          permissions: options.permissions as ApiTokenPermission[],
          clusters: options.clusters ?? null,
          validDays: options.days === undefined ? null : wholeNumber(options.days),
        };
        const data = await runCommand((context) => createApiToken(context, input));
        return { text: `${data.token}\nShown this once. Send it as: Authorization: Bearer TOKEN`, data };
      }),
    );
  token
    .command('set-scope <id>')
    .description('change on which clusters a token holds its permissions')
    .option('--clusters <slugs>', 'on these clusters only (default: on the whole fleet)', list)
    .action(
      answers(program, async (id: string, { clusters = null }: { clusters?: string[] | null }) => {
        const data = await runCommand((context) => setApiTokenClusters(context, { id: wholeNumber(id), clusters }));
        return { text: `The token ${data.name} holds its permissions ${where(data.clusters)}.`, data };
      }),
    );
  token
    .command('list')
    .description('list tokens that are not revoked')
    .action(
      answers(program, async () => {
        const tokens = (await withPrisma((prisma) => listApiTokens(queryableOf(prisma)))).filter(({ revokedAt }) => revokedAt === null);
        const data = tokens.map((one) => ({ ...one, ...listedPermissions(permissionsHeld(one)) }));
        const lines = data.map(
          (one) =>
            `${one.id}  ${one.name}  ${one.permissions.join(',')} ${where(one.clusters)}  made by ${one.createdBy ?? 'not recorded'}`,
        );
        return { text: lines.join('\n') || 'There is no token.', data };
      }),
    );
}

const where = (clusters: readonly string[] | null): string => (clusters === null ? 'on the whole fleet' : `on ${clusters.join(', ')}`);
