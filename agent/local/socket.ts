/** Implements both ends of the local socket: the agent's and the command line's. */
import { chmodSync, rmSync } from 'node:fs';
import net from 'node:net';
import { messageOf } from '../../lib/runtime/error-message.ts';
import type { Log } from '../log.ts';
import { LINE_BYTES_MAX, LocalAnswer, LocalRequest, socketPath } from './protocol.ts';

const REQUEST_DEADLINE_MS = 5000;
/** Longer than a promote may take. */
const ANSWER_DEADLINE_MS = 90_000;
const CONNECTIONS_MAX = 4;

/** Serves one request to a connection. Rejects when the socket can't be made. */
export async function serveLocally(
  stateDirectory: string,
  answer: (request: LocalRequest) => Promise<LocalAnswer>,
  log: Log,
): Promise<{ close: () => Promise<void> }> {
  const file = socketPath(stateDirectory);
  const server = net.createServer((socket) => {
    socket.setTimeout(REQUEST_DEADLINE_MS, () => socket.destroy());
    socket.on('error', () => undefined);
    void readLine(socket)
      .then(async (line) => {
        socket.setTimeout(0);
        const request = LocalRequest.parse(JSON.parse(line));
        if (request.do !== 'look') log.warn('asked-locally', { do: request.do, by: request.by, reason: request.reason });
        return answer(request);
      })
      .catch((error: unknown): LocalAnswer => ({ refused: `Not understood: ${messageOf(error)}`, situation: null, result: null }))
      .then((said) => socket.end(`${JSON.stringify(said)}\n`));
  });
  server.maxConnections = CONNECTIONS_MAX;
  // Left by a killed agent: the state directory is locked, so no other process serves it.
  rmSync(file, { force: true });
  const umask = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(file, resolve));
    chmodSync(file, 0o600);
  } finally {
    process.umask(umask);
  }
  server.on('error', (error) => log.repeated('local-socket', messageOf(error)));
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        rmSync(file, { force: true });
      }),
  };
}

/** Asks the running agent. Rejects when none answers. */
export async function askRunningAgent(stateDirectory: string, request: LocalRequest): Promise<LocalAnswer> {
  const socket = net.connect(socketPath(stateDirectory));
  try {
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    socket.setTimeout(ANSWER_DEADLINE_MS, () => socket.destroy(new Error(`no answer within ${ANSWER_DEADLINE_MS / 1000} s`)));
    socket.write(`${JSON.stringify(request)}\n`);
    return LocalAnswer.parse(JSON.parse(await readLine(socket)));
  } finally {
    socket.destroy();
  }
}

function readLine(socket: net.Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end !== -1) resolve(text.slice(0, end));
      else if (text.length > LINE_BYTES_MAX) reject(new Error('the line is too long'));
    });
    socket.once('end', () => reject(new Error('the connection ended before an answer')));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection ended')));
  });
}
