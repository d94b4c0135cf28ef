/** `npm run demo`: a watched lab in the foreground, with one account per role, until SIGINT or SIGTERM. */
import { existsSync, mkdirSync, readFileSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { ROLES } from '../lib/domain/policy/permissions.ts';
import { ROOT } from '../setup/build.ts';
import { choosePort } from '../setup/processes.ts';
import { type WatchedLab, startWatchedLab } from './bring-up.ts';
import { createAccounts } from './enrol.ts';
import { identify, isAlive } from './process-table.ts';
import type { ProcessIdentity } from './process-table.ts';

const HOST = '127.0.0.1';
const DEFAULT_PORT = 3000;

/** Runs until it is told to end. Exits with 1 and a sentence when it can't start. */
export async function runDemo(argv: readonly string[]): Promise<void> {
  const program = new Command('npm run demo --')
    .description('Start two real multi-cloud PostgreSQL clusters, an agent on every node, the controller and the web application.')
    .option('--dir <dir>', 'where everything is kept while it runs', join(ROOT, '.farshore'))
    .option('--port <port>', `port of the web application (default: ${DEFAULT_PORT}, or the next free one)`)
    .option('--address-range <range>', 'loopback range for the nodes, such as 127.90 (default: the first free one)')
    .option('--tps <tps>', 'transfers per second that the workload writes to each cluster', '20')
    .showHelpAfterError();
  program.parse([...argv], { from: 'user' });
  const options = program.opts<{ dir: string; port?: string; addressRange?: string; tps: string }>();
  const startedMs = performance.now();
  const log = (line: string) =>
    console.error(`\u001b[2m[${((performance.now() - startedMs) / 1000).toFixed(1).padStart(5)} s]\u001b[0m ${line}`);

  const dir = resolve(options.dir);
  const demoFile = join(dir, 'demo.json');
  let running: WatchedLab | undefined;
  let ending = false;
  /** True if the files in `dir` are ours: a refused demo must not remove those of the running one. */
  let ours = false;
  const end = async (exitCode: number): Promise<void> => {
    if (ending) return;
    ending = true;
    log('Stopping everything and removing what was made …');
    await starting.catch(() => undefined);
    await running?.stop();
    if (ours) {
      rmSync(demoFile, { force: true });
      rmSync(join(dir, 'demo-process.json'), { force: true });
      removeIfEmpty(dir);
    }
    log('Gone.');
    process.exit(exitCode);
  };
  const onSignal = () => void end(0);
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);

  const starting = (async () => {
    refuseSecondDemo(dir);
    ours = true;
    const port = await choosePort(
      HOST,
      options.port === undefined ? DEFAULT_PORT : wholeNumber(options.port, '--port'),
      options.port !== undefined,
      '--port',
    );
    running = await startWatchedLab({
      dir,
      web: { host: HOST, port },
      workloadTps: wholeNumber(options.tps, '--tps'),
      ...(options.addressRange === undefined ? {} : { addressRange: options.addressRange }),
      log,
    });
    return introduce(running, demoFile);
  })();
  try {
    const text = await starting;
    if (ending) return;
    log('Ready.');
    console.log(text);
  } catch (error) {
    console.error(`\nThe demo could not start: ${(error as Error).message}`);
    await end(1);
  }
}

/** Makes the accounts, writes demo.json and returns what is printed. */
async function introduce({ lab, farshore, prisma }: WatchedLab, demoFile: string): Promise<string> {
  const made = await createAccounts(prisma, ROLES);
  const demo = {
    url: farshore.url,
    accounts: made.accounts,
    apiToken: made.apiToken,
    operatorToken: made.operatorToken,
    clusters: lab.clusters.map(({ slug, endpoint }) => ({ slug, endpoint })),
    controlDatabaseUrl: farshore.databaseUrl,
    processes: { controller: farshore.controller.pid(), web: farshore.web.pid() },
    lab: { dir: lab.dir, nodes: lab.nodes.map(({ name, cluster, host, port, dataDir }) => ({ name, cluster, host, port, dataDir })) },
  };
  writeFileSync(demoFile, `${JSON.stringify(demo, null, 2)}\n`, { mode: 0o600 });
  const width = Math.max(...made.accounts.map(({ email }) => email.length));
  return [
    '',
    `  Farshore is ready: ${farshore.url}`,
    '',
    ...made.accounts.map(({ role, email, password }) => `  ${role.padEnd(9)} ${email.padEnd(width)}  ${password}`),
    '',
    `  API token (read only): ${made.apiToken}`,
    `  API token (operations): ${made.operatorToken}`,
    `  All of this also stands in ${demoFile}`,
    '',
    '  Break something and watch the browser:  npm run lab -- kill aws-use1-b     and back:  npm run lab -- heal',
    '  Ctrl-C stops and removes everything.',
    '',
  ].join('\n');
}

function refuseSecondDemo(dir: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o711 });
  const file = join(dir, 'demo-process.json');
  if (existsSync(file)) {
    const other = JSON.parse(readFileSync(file, 'utf8')) as ProcessIdentity;
    if (isAlive(other))
      throw new Error(`A demo already runs in ${dir} (pid ${other.pid}). Stop it with Ctrl-C, or give this one --dir and --address-range.`);
  }
  writeFileSync(file, JSON.stringify(identify(process.pid)), { mode: 0o600 });
}

function wholeNumber(text: string, option: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new Error(`${option} takes a whole number, not “${text}”.`);
  return Number(text);
}

function removeIfEmpty(dir: string): void {
  try {
    rmdirSync(dir);
  } catch {
    // Something of the user's is in it.
  }
}
