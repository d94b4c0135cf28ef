/**
 * The administrator's command line on the machine that holds the control database: `npm run admin -- …`. It runs the same audited
 * commands as everything else, as the actor `system:admin/<OS user>`.
 */
import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Command, Option } from 'commander';
import { verifyChain } from '../lib/audit/verify.ts';
import { API_TOKEN_PERMISSIONS, createApiToken } from '../lib/commands/api-token/create.ts';
import { createCluster } from '../lib/commands/cluster/create.ts';
import type { CommandContext, CommandResult } from '../lib/commands/define.ts';
import { issueJoinToken } from '../lib/commands/node/issue-join-token.ts';
import { registerNode } from '../lib/commands/node/register.ts';
import { unlockNode } from '../lib/commands/node/unlock.ts';
import { revokeSessions } from '../lib/commands/session/revoke.ts';
import { createUser } from '../lib/commands/user/create.ts';
import { disableAccount } from '../lib/commands/user/disable.ts';
import { readControllerConfig } from '../lib/config/controller.ts';
import type { ControllerConfig } from '../lib/config/controller.ts';
import { loadFleet } from '../lib/db/fleet.ts';
import { applyMigrations } from '../lib/db/migrations.ts';
import { createPool } from '../lib/db/pool.ts';
import { createPrisma } from '../lib/db/prisma.ts';
import type { Prisma } from '../lib/db/prisma.ts';
import { listUsers } from '../lib/db/users.ts';
import { ROLES } from '../lib/domain/policy/permissions.ts';
import type { Role } from '../lib/domain/policy/permissions.ts';
import { openAuthority } from './pki/authority.ts';
import { privateDatabaseUrl } from './private-postgres.ts';

const PASSWORD_STDIN_BYTES_MAX = 4096;

/** What is printed: `text` for people, `data` with `--json`. */
interface Answer {
  text: string;
  data: unknown;
}

/** Something the person asked for is not possible; printed without a stack. */
class AdminProblem extends Error {}

const config = (): ControllerConfig => readControllerConfig(process.env);
const databaseUrl = (): string => config().databaseUrl ?? privateDatabaseUrl(path.join(config().dir, 'database'));

async function withPrisma<T>(work: (prisma: Prisma) => Promise<T>): Promise<T> {
  const url = databaseUrl();
  await applyMigrations(url);
  const prisma = createPrisma(url, 1);
  try {
    return await work(prisma);
  } finally {
    await prisma.$disconnect();
  }
}

/** Runs one command as the administrator and turns a refusal into an error. */
async function runCommand<T>(command: (context: CommandContext) => Promise<CommandResult<T>>): Promise<T> {
  const actor = { kind: 'system', process: `admin/${os.userInfo().username}` } as const;
  const result = await withPrisma((prisma) => command({ prisma, actor, at: new Date() }));
  if (result.ok) return result.value;
  throw new AdminProblem(result.reasons.join('\n'));
}

/** The pin of the authority that the gateway serves with, read from the controller's directory. */
async function caFingerprint(given: string | undefined): Promise<string> {
  if (given !== undefined) return given;
  const dir = path.join(config().dir, 'pki');
  if (existsSync(path.join(dir, 'authority.pem'))) return (await openAuthority(dir)).caFingerprint;
  throw new AdminProblem(
    `There is no authority in ${dir}. Run this where the controller runs (same FARSHORE_DIR), or give --ca-fingerprint, which the controller prints at start.`,
  );
}

function passwordFromStdin(): string {
  return readFileSync(0, 'utf8')
    .slice(0, PASSWORD_STDIN_BYTES_MAX)
    .replace(/\r?\n$/, '');
}

async function listClusters(): Promise<Answer> {
  const url = databaseUrl();
  await applyMigrations(url);
  const pool = createPool(url, { max: 1, applicationName: 'farshore admin' });
  try {
    const clusters = await loadFleet(pool);
    const line = (slug: string, node: (typeof clusters)[number]['nodes'][number]): string => {
      const identity =
        node.identity === null ? 'never joined' : node.identity.lockedAtMs === null ? 'joined' : `locked: ${node.identity.lockReason}`;
      return `  ${slug}/${node.name}  ${node.site.provider} ${node.site.region} ${node.site.zone} ${node.site.jurisdiction}  ${identity}`;
    };
    const text = clusters.flatMap((cluster) => [
      `${cluster.slug}  ${cluster.name}`,
      ...cluster.nodes.map((node) => line(cluster.slug, node)),
    ]);
    return { text: text.join('\n') || 'No cluster is registered. Begin with: npm run admin -- cluster create SLUG', data: clusters };
  } finally {
    await pool.end();
  }
}

async function verifyAudit(): Promise<Answer> {
  const pool = createPool(databaseUrl(), { max: 1, applicationName: 'farshore admin' });
  try {
    const verdict = await verifyChain(pool);
    if (!verdict.intact) {
      process.exitCode = 2;
      return {
        text: `The audit chain is broken at event ${verdict.at}: ${verdict.reason}`,
        data: { ...verdict, at: Number(verdict.at) },
      };
    }
    return {
      text: `The audit chain is intact: ${verdict.events} events, head ${verdict.head.hash}.`,
      data: { intact: true, events: verdict.events, head: { sequence: Number(verdict.head.sequence), hash: verdict.head.hash } },
    };
  } finally {
    await pool.end();
  }
}

/** Wires one subcommand: prints its answer, or the problem, and sets the exit status. */
function answers<A extends unknown[]>(program: Command, work: (...args: A) => Promise<Answer>) {
  return async (...args: A): Promise<void> => {
    const json = program.opts<{ json?: boolean }>().json === true;
    try {
      const { text, data } = await work(...args);
      console.log(json ? JSON.stringify(data) : text);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      console.error(json ? JSON.stringify({ error: message }) : message);
      process.exitCode = 1;
    }
  };
}

const wholeNumber = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new AdminProblem(`Expected a whole number, not “${text}”.`);
  return Number(text);
};
const list = (text: string): string[] => text.split(',').map((part) => part.trim());

function addClusterCommands(program: Command): void {
  const cluster = program.command('cluster').description('clusters');
  cluster
    .command('create <slug>')
    .description('register a cluster')
    .option('--name <name>', 'name for people (default: the short name)')
    .option('--jurisdictions <codes>', 'where its data may be, such as EU or US,CA (default: anywhere)', list)
    .option('--rto <seconds>', 'recovery time objective')
    .option('--rpo <seconds>', 'recovery point objective')
    .action(
      answers(program, async (slug: string, options: { name?: string; jurisdictions?: string[]; rto?: string; rpo?: string }) => {
        const input = {
          slug,
          name: options.name ?? slug,
          jurisdictions: options.jurisdictions ?? [],
          rtoObjectiveSeconds: options.rto === undefined ? null : wholeNumber(options.rto),
          rpoObjectiveSeconds: options.rpo === undefined ? null : wholeNumber(options.rpo),
        };
        const data = await runCommand((context) => createCluster(context, input));
        return {
          text: `Registered the cluster ${slug}. Next: npm run admin -- node register ${slug} NODE --provider … --region … --zone … --jurisdiction …`,
          data,
        };
      }),
    );
  cluster.command('list').description('list clusters and nodes').action(answers(program, listClusters));
}

function addNodeCommands(program: Command): void {
  const node = program.command('node').description('nodes');
  node
    .command('register <cluster> <name>')
    .description('register a node')
    .requiredOption('--provider <name>')
    .requiredOption('--region <name>')
    .requiredOption('--zone <name>')
    .requiredOption('--jurisdiction <code>')
    .action(
      answers(
        program,
        async (cluster: string, name: string, site: { provider: string; region: string; zone: string; jurisdiction: string }) => {
          const data = await runCommand((context) => registerNode(context, { cluster, name, ...site }));
          return { text: `Registered the node ${name}. Next: npm run admin -- join-token ${cluster} ${name}`, data };
        },
      ),
    );
  node
    .command('unlock <cluster> <name>')
    .description('lift the lock on a node’s identity')
    .action(
      answers(program, async (cluster: string, name: string) => {
        const data = await runCommand((context) => unlockNode(context, { cluster, node: name }));
        return { text: `Unlocked ${name}. It was locked because: ${data.lockReason}`, data };
      }),
    );
  program
    .command('join-token <cluster> <node>')
    .description('issue the one-time token with which an agent joins')
    .option('--minutes <n>', 'how long it is valid (at most 15)', '15')
    .option('--ca-fingerprint <hex>', 'SHA-256 of the authority’s certificate (default: read from FARSHORE_DIR)')
    .action(
      answers(program, async (cluster: string, name: string, options: { minutes: string; caFingerprint?: string }) => {
        const fingerprint = await caFingerprint(options.caFingerprint);
        const input = { cluster, node: name, validMinutes: wholeNumber(options.minutes), caFingerprint: fingerprint };
        const data = await runCommand((context) => issueJoinToken(context, input));
        return {
          text: `${data.token}\nValid once, until ${data.expiresAt.toISOString()}. On the node: farshore-agent join --controller URL --token TOKEN`,
          data,
        };
      }),
    );
}

function addAccessCommands(program: Command): void {
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
    .description('create a read-only API token')
    .option('--permissions <list>', `any of: ${API_TOKEN_PERMISSIONS.join(',')}`, list, ['cluster.read'])
    .option('--days <n>', 'how long it is valid (default: until it is revoked)')
    .action(
      answers(program, async (name: string, options: { permissions: string[]; days?: string }) => {
        const input = {
          name,
          permissions: options.permissions as (typeof API_TOKEN_PERMISSIONS)[number][],
          validDays: options.days === undefined ? null : wholeNumber(options.days),
        };
        const data = await runCommand((context) => createApiToken(context, input));
        return { text: `${data.token}\nShown this once. Send it as: Authorization: Bearer TOKEN`, data };
      }),
    );
}

/** The command line; parse with `.parseAsync(['node', 'admin', …])`. */
export function adminProgram(): Command {
  const program = new Command('npm run admin --');
  program.description('Administer Farshore on this machine (DATABASE_URL, or the private database in FARSHORE_DIR).');
  program.option('--json', 'print the answer as JSON');
  addClusterCommands(program);
  addNodeCommands(program);
  addAccessCommands(program);
  program
    .command('audit')
    .description('audit log')
    .command('verify')
    .description('verify the hash chain')
    .action(answers(program, verifyAudit));
  return program;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await adminProgram().parseAsync(process.argv);
