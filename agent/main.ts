/**
 * `farshore-agent`. Exit codes: 0 done; 1 failed, or `check` found something missing; 2 the command line or the configuration is wrong.
 */
import { hostname } from 'node:os';
import { Command } from 'commander';
import { ConfigError, DEFAULT_CONFIG_FILE, loadConfig } from './config.ts';
import type { AgentConfig } from './config.ts';
import { loadIdentity, storeIdentity } from './link/identity.ts';
import { stderrLog } from './log.ts';
import { messageOf } from '../lib/runtime/error-message.ts';
import { becomeLean } from './lean.ts';
import { AGENT_VERSION } from './version.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
/** Work that has not ended by then is abandoned. */
const STOP_DEADLINE_MS = 1900;

interface CommonOptions {
  config?: string;
}

function fail(message: string, code: number): never {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}

function configured(options: CommonOptions): AgentConfig {
  try {
    return loadConfig(options.config);
  } catch (error) {
    return fail(messageOf(error), error instanceof ConfigError ? EXIT_USAGE : EXIT_FAILED);
  }
}

interface JoinCommandOptions extends CommonOptions {
  controller?: string;
  token?: string;
  node: string;
  serverName?: string;
  force?: boolean;
}

async function joinCommand(options: JoinCommandOptions): Promise<void> {
  const config = configured(options);
  const stateDirectory = config.agent.state_directory;
  const controllerUrl = options.controller ?? config.controller.url;
  const token = options.token ?? process.env['FARSHORE_AGENT_JOIN_TOKEN'];
  if (controllerUrl === undefined || !URL.canParse(controllerUrl) || new URL(controllerUrl).protocol !== 'https:') {
    fail('Give the URL of the agent gateway: --controller https://HOST:PORT (or [controller] url).', EXIT_USAGE);
  }
  if (token === undefined) fail('Give the join token: --token fj1.… (or FARSHORE_AGENT_JOIN_TOKEN).', EXIT_USAGE);
  const { join, joinAdvice } = await import('./link/join.ts');
  try {
    const present = loadIdentity(stateDirectory);
    if (present !== null && options.force !== true) {
      fail(
        `This agent has joined already, as ${present.nodeName} of ${present.clusterSlug}. To replace that identity: --force.`,
        EXIT_FAILED,
      );
    }
    const identity = await join({
      controllerUrl,
      serverName: options.serverName ?? config.controller.server_name,
      token,
      nodeName: options.node,
    });
    storeIdentity(stateDirectory, identity);
    process.stdout.write(
      `Joined ${identity.clusterSlug} as ${identity.nodeName}: ${identity.identity}, certificate until ${identity.notAfter}.\n`,
    );
    if (present !== null) process.stdout.write('Restart the agent to use the new identity.\n');
  } catch (error) {
    fail(`Joining failed. ${messageOf(error)}\n${joinAdvice(error)}`, EXIT_FAILED);
  }
}

async function runCommand(options: CommonOptions): Promise<void> {
  becomeLean();
  const config = configured(options);
  const log = stderrLog();
  const { runAgent } = await import('./run.ts');
  const agent = await runAgent(config, log).catch((error: unknown) => fail(`The agent can't start. ${messageOf(error)}`, EXIT_FAILED));
  let stopping = false;
  const stop = (code: number): void => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(code === 0 ? EXIT_FAILED : code), STOP_DEADLINE_MS).unref();
    agent.stop().then(
      () => process.exit(code),
      (error: unknown) => fail(`Stopping failed: ${messageOf(error)}`, EXIT_FAILED),
    );
  };
  process.on('SIGTERM', () => stop(0));
  process.on('SIGINT', () => stop(0));
  // A bug of ours: keep what was sampled, end, and let the supervisor start again.
  process.on('uncaughtException', (error) => {
    log.error('bug', { message: messageOf(error), stack: error.stack });
    stop(EXIT_FAILED);
  });
  process.on('unhandledRejection', (reason) => log.repeated('bug-unhandled', messageOf(reason)));
}

async function checkCommand(options: CommonOptions & { json?: boolean }): Promise<void> {
  const config = configured(options);
  const { runChecks } = await import('./check/check.ts');
  const { renderReport } = await import('./check/report.ts');
  const results = await runChecks(config);
  process.stdout.write(options.json === true ? `${JSON.stringify(results, null, 2)}\n` : renderReport(results));
  process.exitCode = results.some((result) => result.verdict === 'missing') ? EXIT_FAILED : 0;
}

async function statusCommand(options: CommonOptions & { json?: boolean }): Promise<void> {
  const config = configured(options);
  const { readStatus, renderStatus } = await import('./status.ts');
  const status = await readStatus(config).catch((error: unknown) => fail(`The status can't be read. ${messageOf(error)}`, EXIT_FAILED));
  process.stdout.write(options.json === true ? `${JSON.stringify(status, null, 2)}\n` : renderStatus(status));
}

interface LocalCommandOptions extends CommonOptions {
  reason: string;
  confirm?: string;
  breakGlass?: boolean;
  force?: boolean;
}

async function localCommand(action: 'promote' | 'fence', options: LocalCommandOptions): Promise<void> {
  const config = configured(options);
  if (action === 'promote' && options.breakGlass !== true) {
    fail(
      'A change of primary goes through Farshore. When the controller is away and you must: promote --break-glass --reason "…".',
      EXIT_USAGE,
    );
  }
  const { actLocally } = await import('./local/command-line.ts');
  const { reason, confirm, force = false } = options;
  const done = await actLocally(config, { action, reason, confirm, force }).catch((error: unknown) => fail(messageOf(error), EXIT_FAILED));
  process.exit(done ? 0 : EXIT_FAILED);
}

const program = new Command('farshore-agent')
  .description('Observes one PostgreSQL server for Farshore, and acts on it when configured to.')
  .version(AGENT_VERSION)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : EXIT_USAGE));
const withConfig = (command: Command): Command => command.option('--config <file>', `configuration file (default: ${DEFAULT_CONFIG_FILE})`);

withConfig(program.command('join'))
  .description('enrol this host with a one-time token')
  .option('--controller <url>', 'URL of the agent gateway, https://HOST:PORT')
  .option('--token <token>', 'join token; better in FARSHORE_AGENT_JOIN_TOKEN, where other users of the host do not see it')
  .option('--node <name>', 'name of this node, as the token was made for', hostname())
  .option('--server-name <name>', "name in the controller's certificate (default: host of the URL)")
  .option('--force', 'replace an identity that exists')
  .action(joinCommand);
withConfig(program.command('run')).description('observe, until stopped').action(runCommand);
withConfig(program.command('check'))
  .description('test grants, settings, binaries and the way to the controller')
  .option('--json')
  .action(checkCommand);
withConfig(program.command('status'))
  .description('what this host knows, also without the controller')
  .option('--json')
  .action(statusCommand);

withConfig(program.command('may-start'))
  .description('before PostgreSQL starts: may it, as what its directory says? Exit code 0 yes, 1 no, 75 nobody could say')
  .option('--wait <seconds>', 'ask for so long while nobody can say', '60')
  .action(async (options: CommonOptions & { wait: string }) => {
    const { mayStartCommand } = await import('./local/may-start.ts');
    process.exit(await mayStartCommand(configured(options), Math.min(3600, Math.max(0, Number(options.wait) || 0))));
  });

const withReason = (command: Command): Command =>
  withConfig(command)
    .requiredOption('--reason <text>', 'why; it stands in the journal and the audit log')
    .option('--confirm <name>', "the cluster's name, instead of typing it (for scripts)");
withReason(program.command('promote'))
  .description('promote this standby without the controller')
  .option('--break-glass', 'yes, past the controller')
  .option('--force', 'although the upstream is still sending: makes two primaries when it is alive')
  .action((options: LocalCommandOptions) => localCommand('promote', options));
withReason(program.command('fence'))
  .description('stop PostgreSQL here at once and keep it from being primary')
  .action((options: LocalCommandOptions) => localCommand('fence', options));

program.parseAsync().catch((error: unknown) => fail(messageOf(error), EXIT_FAILED));
