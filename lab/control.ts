/** Lets another process on this machine use the verbs of a running lab: JSON lines over a unix socket that only its owner may open. */
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { describeWait, patient } from '../setup/patience.ts';
import { controlSocketPath } from './directory.ts';
import type { Lab } from './lab-contract.ts';
import { formatStatus } from './status.ts';
import type { Told } from './told.ts';

export type Verb = (typeof VERBS)[number];
export const VERBS = [
  'status',
  'kill',
  'kill-agent',
  'fence',
  'freeze',
  'thaw',
  'stop',
  'start',
  'wipe',
  'cut',
  'delay',
  'throttle',
  'reset',
  'fill-wal',
  'break-archive',
  'break-receiver',
  'idle',
  'load',
  'heal',
] as const;

/** Arguments are positional words; the command line has already turned units into numbers. */
export interface ControlRequest {
  verb: Verb;
  words: readonly string[];
  amount?: number;
  only?: 'postgres' | 'agent';
  oneWay?: boolean;
  untilFull?: boolean;
  json?: boolean;
}

export type ControlAnswer = { text: string } | { error: string };

export interface ControlServer {
  close(): Promise<void>;
}

const ANSWER_DEADLINE_MS = 90_000;
const LINE_CHARACTERS_MAX = 10_000;

export async function openControl(root: string, lab: Lab): Promise<ControlServer> {
  const path = controlSocketPath(root);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    createInterface({ input: socket }).on('line', (line) => {
      void answer(lab, line).then((reply) => socket.end(`${JSON.stringify(reply)}\n`));
    });
  });
  server.listen(path);
  await once(server, 'listening');
  chmodSync(path, 0o600);
  return {
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function answer(lab: Lab, line: string): Promise<ControlAnswer> {
  try {
    if (line.length > LINE_CHARACTERS_MAX) throw new Error('That request is too long.');
    const request = JSON.parse(line) as ControlRequest;
    if (request.verb === 'status') {
      const status = await lab.status();
      return { text: request.json ? JSON.stringify(status, null, 2) : formatStatus(status) };
    }
    const told = await perform(lab, request);
    return { text: `${told.did}\nIn the browser: ${told.look}.` };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

function perform(lab: Lab, request: ControlRequest): Promise<Told> {
  const [first = '', second = ''] = request.words;
  const amount = request.amount ?? Number.NaN;
  switch (request.verb) {
    case 'kill':
      return lab.kill(first, request.only ?? 'node');
    case 'kill-agent':
      return lab.kill(first, 'agent');
    case 'fence':
      return lab.fence(first, second);
    case 'freeze':
      return lab.freeze(first);
    case 'thaw':
      return lab.thaw(first);
    case 'stop':
      return lab.stop(first);
    case 'start':
      return lab.start(first);
    case 'wipe':
      return lab.wipe(first);
    case 'cut':
      return lab.cut(first, second, { oneWay: request.oneWay ?? false });
    case 'delay':
      return lab.delay(first, second, amount);
    case 'throttle':
      return lab.throttle(first, second, amount);
    case 'reset':
      return lab.reset(first, second);
    case 'fill-wal':
      return lab.fillWal(first, { untilFull: request.untilFull ?? false });
    case 'break-archive':
      return lab.breakArchive(first);
    case 'break-receiver':
      return lab.breakReceiver(first);
    case 'idle':
      return lab.idle(first);
    case 'load':
      return lab.load(first, amount);
    case 'heal':
      return lab.heal();
    default:
      return Promise.reject(new Error(`The lab knows no verb "${request.verb}". Verbs: ${VERBS.join(', ')}.`));
  }
}

/** Sends one request to the lab that runs in `root`. @throws `ECONNREFUSED` or `ENOENT` when none does. */
export async function askLab(root: string, request: ControlRequest): Promise<ControlAnswer> {
  const socket = connect(controlSocketPath(root));
  socket.setTimeout(patient(ANSWER_DEADLINE_MS), () =>
    socket.destroy(new Error(`The lab did not answer within ${describeWait(ANSWER_DEADLINE_MS)}.`)),
  );
  await once(socket, 'connect');
  socket.write(`${JSON.stringify(request)}\n`);
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  if (text === '') return { error: 'The lab ended before it answered.' };
  return JSON.parse(text) as ControlAnswer;
}
