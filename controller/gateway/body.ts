/** Reads and parses a request body within limits, so that one broken or hostile peer costs the others nothing. */
import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { GatewayProblem } from './problem.ts';

/** All bodies held in memory at once, of all senders: bounds a reconnect storm in which every agent back-fills. */
export const BODIES_BYTES_MAX = 96 * 1024 * 1024;
/** Steady traffic (a sample or two) is below this and is never refused because of others' back-fill. */
const SMALL_BODY_BYTES = 64 * 1024;
const BODY_DEADLINE_MS = 20_000;

/** Bytes of bodies being read or handled now. */
export interface BodyBudget {
  usedBytes: number;
}

/** Refuses by headers alone what need not be read: coded bodies, other media types, a declared length above the limit. */
export function assertAcceptableHeaders(request: IncomingMessage, bytesMax: number): void {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new GatewayProblem('unsupported-encoding', `Content-Encoding ${printable(encoding)} is not accepted; send the JSON as it is.`);
  }
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new GatewayProblem('unsupported-encoding', `Content-Type is ${printable(type) || 'missing'}; send application/json.`);
  }
  if (declaredBytes(request) > bytesMax) throw tooLarge(declaredBytes(request), bytesMax);
}

/**
 * Reads the body as text. Throws `body-too-large` as soon as more than `bytesMax` arrived, `too-many-requests` when the
 * process already holds as much as it may, `request-timeout` after 20 s. The caller calls `release` when it no longer needs the text.
 */
export async function readBody(
  request: IncomingMessage,
  bytesMax: number,
  budget: BodyBudget,
): Promise<{ text: string; release: () => void }> {
  const reservedBytes = Number.isNaN(declaredBytes(request)) ? bytesMax : declaredBytes(request);
  if (reservedBytes > SMALL_BODY_BYTES && budget.usedBytes + reservedBytes > BODIES_BYTES_MAX) {
    throw new GatewayProblem(
      'too-many-requests',
      'The gateway is taking in the back-fill of other agents. Send this batch again in a moment.',
      {
        retryAfterSeconds: 2,
      },
    );
  }
  budget.usedBytes += reservedBytes;
  let released = false;
  const release = (): void => {
    if (released) return;
    released = true;
    budget.usedBytes -= reservedBytes;
  };
  try {
    return { text: await collect(request, bytesMax), release };
  } catch (error) {
    release();
    throw error;
  }
}

function collect(request: IncomingMessage, bytesMax: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const fail = (problem: GatewayProblem): void => {
      chunks.length = 0;
      finish();
      reject(problem);
    };
    const deadline = setTimeout(
      () =>
        fail(
          new GatewayProblem(
            'request-timeout',
            `The body did not arrive within ${BODY_DEADLINE_MS / 1000} s. Check the network path to the controller.`,
          ),
        ),
      BODY_DEADLINE_MS,
    );
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > bytesMax) fail(tooLarge(bytes, bytesMax));
      else chunks.push(chunk);
    };
    const onEnd = (): void => {
      finish();
      resolve(Buffer.concat(chunks, bytes).toString('utf8'));
    };
    const onClose = (): void => fail(new GatewayProblem('malformed-request', 'The connection was closed before the whole body arrived.'));
    const finish = (): void => {
      clearTimeout(deadline);
      request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
    };
    request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
  });
}

/** Parses JSON and checks it against a message of the contract. Throws `invalid-message` that names the first wrong place. */
export function parseMessage<S extends z.ZodType>(text: string, schema: S): z.output<S> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new GatewayProblem('invalid-message', 'The body is not JSON.', { cause: error });
  }
  // PostgreSQL has no text with NUL. Escapes are looked for first because that is much cheaper than visiting every string.
  if (text.includes('\\u0000') && holdsNul(value)) {
    throw new GatewayProblem('invalid-message', 'A text in the message holds the character NUL, which PostgreSQL cannot store.');
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue === undefined || issue.path.length === 0 ? 'the message' : printable(issue.path.map(String).join('.'));
  const more = result.error.issues.length > 1 ? ` (and ${result.error.issues.length - 1} more)` : '';
  throw new GatewayProblem(
    'invalid-message',
    `At ${path}: ${printable(issue?.message ?? 'not understood')}${more}. Agent and controller may be of different versions.`,
  );
}

function holdsNul(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\u0000');
  if (Array.isArray(value)) return value.some(holdsNul);
  return (
    typeof value === 'object' && value !== null && Object.entries(value).some(([key, inner]) => key.includes('\u0000') || holdsNul(inner))
  );
}

function declaredBytes(request: IncomingMessage): number {
  const text = request.headers['content-length'];
  return text === undefined ? Number.NaN : Number(text);
}

function tooLarge(bytes: number, bytesMax: number): GatewayProblem {
  return new GatewayProblem(
    'body-too-large',
    `The message has ${bytes} bytes or more; at most ${bytesMax} are accepted. Send fewer samples at once.`,
  );
}

/** Text of a peer, safe to repeat in an answer or a log line: no control characters, not long. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '?').slice(0, 160);
}
