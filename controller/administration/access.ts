/** Accounts, sessions and API tokens on the administrator's command line. */
import { readFileSync } from 'node:fs';
import { Option } from 'commander';
import type { Command } from 'commander';
import { createApiToken } from '../../lib/commands/api-token/create.ts';
import { revokeSessions } from '../../lib/commands/session/revoke.ts';
import { createUser } from '../../lib/commands/user/create.ts';
import { disableAccount } from '../../lib/commands/user/disable.ts';
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
    .option('--password-stdin', 'read the password from standard input (default: one is made and printed)')
    .action(
      answers(program, async (email: string, options: { name: string; role: Role; passwordStdin?: boolean }) => {
        const password = options.passwordStdin === true ? { password: passwordFromStdin() } : {};
        const created = await runCommand((context) => createUser(context, { email, name: options.name, role: options.role, ...password }));
        const shown = options.passwordStdin === true ? '' : `\nPassword (shown this once): ${created.password}`;
        const { password: made, ...account } = created;
        return {
          text: `Created ${created.email} as ${created.role}.${shown}`,
          data: options.passwordStdin === true ? account : { ...account, password: made },
        };
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
        const lines = users.map((one) => `${one.email}  ${one.role}  ${one.name}${one.disabledAt === null ? '' : '  (disabled)'}`);
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
  program
    .command('api-token')
    .description('tokens for machines')
    .command('create <name>')
    .description('create an API token; without --permissions it reads only')
    .option('--permissions <list>', `any of: ${API_TOKEN_PERMISSIONS.join(',')}`, list, ['cluster.read'])
    .option('--days <n>', 'how long it is valid (default: until it is revoked)')
    .action(
      answers(program, async (name: string, options: { permissions: string[]; days?: string }) => {
        const input = {
          name,
          permissions: options.permissions as ApiTokenPermission[],
          validDays: options.days === undefined ? null : wholeNumber(options.days),
        };
        const data = await runCommand((context) => createApiToken(context, input));
        return { text: `${data.token}\nShown this once. Send it as: Authorization: Bearer TOKEN`, data };
      }),
    );
}
