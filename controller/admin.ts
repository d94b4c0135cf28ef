/**
 * Runs the administrator's command line on the machine that holds the control database: `npm run admin -- …`. It uses the same audited
 * commands as everything else, as the actor `system:admin/<OS user>`.
 */
import { pathToFileURL } from 'node:url';
import { Command } from 'commander';
import { verifyChain } from '../lib/audit/verify.ts';
import { issueJoinToken } from '../lib/commands/node/issue-join-token.ts';
import { registerNode } from '../lib/commands/node/register.ts';
import { unlockNode } from '../lib/commands/node/unlock.ts';
import { createPool } from '../lib/db/ground/pool.ts';
import { addAccessCommands } from './administration/access.ts';
import { answers, caFingerprint, databaseUrl, runCommand, wholeNumber } from './administration/answering.ts';
import type { Answer } from './administration/answering.ts';
import { addClusterCommands } from './administration/clusters.ts';

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
