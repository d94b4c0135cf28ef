/** `npm run lab -- VERB …`: breaks and heals the lab that runs on this machine. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { askLab } from './control.ts';
import type { ControlRequest, Verb } from './control.ts';
import { runningLabRoot } from './directory.ts';
import { parseBitsPerSecond, parseMilliseconds } from './quantities.ts';

const DEFAULT_DIRECTORY = '.farshore';

function findLabRoot(directory: string): string {
  const root = runningLabRoot(directory);
  if (root !== null) return root;
  const hint = existsSync(resolve(directory)) ? '' : ' (there is no such directory)';
  throw new Error(`No lab is running in ${resolve(directory)}${hint}. Start one with \`npm run demo\`, or name its directory: --dir DIR`);
}

async function send(program: Command, verb: Verb, request: Omit<ControlRequest, 'verb'>): Promise<void> {
  const { dir } = program.opts<{ dir: string }>();
  const answer = await askLab(findLabRoot(dir), { verb, ...request });
  if ('error' in answer) throw new Error(answer.error);
  console.log(answer.text);
}

function buildProgram(): Command {
  const program = new Command('lab')
    .description('Breaks and heals the running lab. Every verb says what it did and what to look at in the browser.')
    .option('--dir <dir>', 'directory of the demo or of the lab', DEFAULT_DIRECTORY)
    .showHelpAfterError();
  const ofNode = (verb: Verb, description: string): Command =>
    program
      .command(verb)
      .description(description)
      .argument('<node>')
      .action((node: string) => send(program, verb, { words: [node] }));

  program
    .command('status')
    .description('processes, links, workloads')
    .option('--json', 'as JSON')
    .action((options: { json?: boolean }) => send(program, 'status', { words: [], json: options.json ?? false }));
  program
    .command('kill')
    .description('SIGKILL: PostgreSQL and the agent, as if the host lost power')
    .argument('<node>')
    .addOption(new Option('--only <what>', 'only one of the two').choices(['postgres', 'agent']))
    .action((node: string, options: { only?: 'postgres' | 'agent' }) => send(program, 'kill', { words: [node], ...options }));
  ofNode('kill-agent', 'SIGKILL to the agent alone; what it started lives on');
  ofNode('freeze', 'SIGSTOP to every PostgreSQL process of the node');
  ofNode('thaw', 'SIGCONT');
  ofNode('stop', 'clean shutdown of PostgreSQL');
  ofNode('start', 'powers the host on: PostgreSQL as its data directory says, and the agent');
  ofNode('wipe', 'a new, empty host: stops PostgreSQL and empties its data directory');
  ofNode('break-archive', 'the backup repository can no longer be reached');
  ofNode('break-receiver', 'primary_conninfo made wrong, PostgreSQL stays up');
  program
    .command('fence')
    .description("powers a node off as the cloud's API would; also what FARSHORE_FENCE_COMMAND calls in the demo")
    .argument('<cluster>')
    .argument('<node>')
    .action((cluster: string, node: string) => send(program, 'fence', { words: [cluster, node] }));
  program
    .command('fill-wal')
    .description('writes WAL at a steady high rate')
    .argument('<node>')
    .option('--until-full', 'continues until the volume is full and PostgreSQL stops')
    .action((node: string, options: { untilFull?: boolean }) =>
      send(program, 'fill-wal', { words: [node], untilFull: options.untilFull ?? false }),
    );
  program
    .command('cut')
    .description('packets between A and B vanish; A and B are nodes, providers, CLUSTER-endpoint or controller')
    .argument('<a>')
    .argument('<b>')
    .option('--one-way', 'only from A to B')
    .action((a: string, b: string, options: { oneWay?: boolean }) =>
      send(program, 'cut', { words: [a, b], oneWay: options.oneWay ?? false }),
    );
  program
    .command('delay')
    .description('sets the round trip between A and B')
    .argument('<a>')
    .argument('<b>')
    .argument('<time>', 'such as 300ms or 2s', parseMilliseconds)
    .action((a: string, b: string, amount: number) => send(program, 'delay', { words: [a, b], amount }));
  program
    .command('throttle')
    .description('limits the rate between A and B, each way')
    .argument('<a>')
    .argument('<b>')
    .argument('<rate>', 'such as 1mbit or 256kbit', parseBitsPerSecond)
    .action((a: string, b: string, amount: number) => send(program, 'throttle', { words: [a, b], amount }));
  program
    .command('reset')
    .description('resets the open connections between A and B')
    .argument('<a>')
    .argument('<b>')
    .action((a: string, b: string) => send(program, 'reset', { words: [a, b] }));
  program
    .command('idle')
    .description('stops the workload of a cluster')
    .argument('<cluster>')
    .action((cluster: string) => send(program, 'idle', { words: [cluster] }));
  program
    .command('load')
    .description('sets the workload of a cluster')
    .argument('<cluster>')
    .argument('<tps>', 'transfers per second', Number)
    .action((cluster: string, amount: number) => send(program, 'load', { words: [cluster], amount }));
  program
    .command('heal')
    .description('undoes everything that was broken')
    .action(() => send(program, 'heal', { words: [] }));
  return program;
}

buildProgram()
  .parseAsync()
  .catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
