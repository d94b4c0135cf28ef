/**
 * `npm start`: a single-host installation in the foreground. It runs the controller and the web application; without
 * DATABASE_URL it also starts a private PostgreSQL as control database. State stays in the directory between starts.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { ROOT } from './build.ts';
import { choosePort } from './processes.ts';
import { startFarshore } from './farshore.ts';

/** Runs until SIGINT or SIGTERM. */
export async function runStart(argv: readonly string[]): Promise<void> {
  const program = new Command('npm start --')
    .description('Run Farshore on this machine: controller and web application, in the foreground.')
    .option('--dir <dir>', 'where state is kept', path.join(ROOT, '.farshore', 'install'))
    .option('--host <host>', 'address the web application listens on', '127.0.0.1')
    .option('--port <port>', 'port of the web application (default: 3000, or the next free one)')
    .option('--url <url>', 'the URL people use, when a proxy with TLS stands in front')
    .option('--gateway-host <host>', 'address agents connect to', '0.0.0.0')
    .option('--gateway-port <port>', 'port agents connect to', '7443')
    .option('--gateway-names <names>', 'DNS names and addresses for the gateway certificate, by comma', 'localhost,127.0.0.1');
  program.parse([...argv], { from: 'user' });
  const options = program.opts<
    Record<'dir' | 'host' | 'gatewayHost' | 'gatewayPort' | 'gatewayNames', string> & { port?: string; url?: string }
  >();
  const log = (line: string) => console.error(`\u001b[2m[farshore]\u001b[0m ${line}`);

  const dir = path.resolve(options.dir);
  mkdirSync(dir, { recursive: true, mode: 0o711 });
  const port = await choosePort(options.host, Number(options.port ?? 3000), options.port !== undefined, '--port');
  const starting = startFarshore({
    dir,
    web: { host: options.host, port, ...(options.url === undefined ? {} : { url: options.url }) },
    gateway: { host: options.gatewayHost, port: Number(options.gatewayPort), names: options.gatewayNames.split(',') },
    databaseUrl: process.env['DATABASE_URL'],
    webDatabaseUrl: process.env['FARSHORE_WEB_DATABASE_URL'],
    secret: keptSecret(path.join(dir, 'session-secret')),
    log,
  });
  const stop = once(async () => {
    log('Stopping …');
    await starting.then((running) => running.stop()).catch(() => undefined);
    process.exit(0);
  });
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  const running = await starting.catch((error: Error) => {
    console.error(`\nFarshore could not start: ${error.message}`);
    process.exit(1);
  });
  console.log(`\nFarshore is ready: ${running.url}\nAgents connect to: ${running.gatewayUrl}`);
  const where = process.env['DATABASE_URL'] === undefined ? `FARSHORE_DIR=${dir} ` : '';
  console.log(`The first account:  ${where}npm run admin -- user create you@example.org --name 'Your name' --role admin`);
}

/** A secret made once and kept with mode 600, so that sessions survive a restart. */
function keptSecret(file: string): string {
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString('base64url'), { mode: 0o600 });
  return readFileSync(file, 'utf8').trim();
}

function once(run: () => Promise<void>): () => void {
  let started = false;
  return () => {
    if (started) return;
    started = true;
    void run();
  };
}
