/** Sends one request to the controller over TLS that trusts our authority alone. */
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';
import { Problem } from '../../lib/agent-contract/primitives.ts';

/** Everything of one request: connect, send, and the whole answer. */
export const REQUEST_DEADLINE_MS = 10_000;
/** Sixteen commands, each as text in JSON, fit. */
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;
const KEEP_ALIVE_MS = 60_000;

export interface Trust {
  caPem: string;
  /** The name that the controller's certificate must carry, at any address. */
  serverName: string;
  /** Absent for `join`, which has no identity yet. */
  certificatePem?: string;
  privateKeyPem?: string;
}

/** A refusal by the controller, in its own words. */
export class RefusedError extends Error {
  readonly status: number;
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(`${problem.title}: ${problem.detail}`);
    this.status = problem.status;
    this.problem = problem;
  }
}

export interface Answer {
  body: unknown;
  /** Wall clock of the agent before the request was sent and after the answer arrived. */
  sentAtMs: number;
  receivedAtMs: number;
}

/** TLS options shared by all connections: our authority only, the expected name, TLS 1.2 at least (1.3 is chosen where both can). */
export function tlsOptions(trust: Trust): tls.ConnectionOptions {
  return {
    ca: trust.caPem,
    ...(trust.certificatePem === undefined ? {} : { cert: trust.certificatePem }),
    ...(trust.privateKeyPem === undefined ? {} : { key: trust.privateKeyPem }),
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    // An address can't be sent as SNI; the check below names what is expected in either case.
    servername: net.isIP(trust.serverName) === 0 ? trust.serverName : '',
    checkServerIdentity: (_host, certificate) => tls.checkServerIdentity(trust.serverName, certificate),
  };
}

/** The keep-alive agent for all requests of one identity. Destroy it when the identity is renewed. */
export function httpsAgentFor(trust: Trust, maxSockets = 1): https.Agent {
  return new https.Agent({ ...tlsOptions(trust), keepAlive: true, maxSockets, keepAliveMsecs: KEEP_ALIVE_MS, timeout: KEEP_ALIVE_MS });
}

/**
 * Posts a JSON text and returns the parsed answer of a 2xx.
 * @throws RefusedError for a refusal; Error for everything that is no answer (network, TLS, deadline).
 */
export const postJson = (url: URL, json: string, agent: https.Agent): Promise<Answer> => send(url, json, agent, REQUEST_DEADLINE_MS);

/** Asks, and waits for an answer that the controller may hold back for `waitMs`. Throws like `postJson`. */
export const getJson = (url: URL, agent: https.Agent, waitMs: number): Promise<Answer> =>
  send(url, null, agent, waitMs + REQUEST_DEADLINE_MS);

/** `json` null = GET. */
function send(url: URL, json: string | null, agent: https.Agent, deadlineMs: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sentAtMs = Date.now();
    const body = json === null ? null : Buffer.from(json);
    const headers =
      body === null
        ? { accept: 'application/json' }
        : { 'content-type': 'application/json', 'content-length': String(body.length), accept: 'application/json' };
    const method = body === null ? 'GET' : 'POST';
    const request = https.request(url, { method, agent, headers, timeout: deadlineMs }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > ANSWER_BYTES_MAX) request.destroy(new Error('The controller sent an answer of more than 4 MB.'));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => {
        clearTimeout(deadline);
        const parsed = parseAnswer(response.statusCode ?? 0, Buffer.concat(chunks).toString('utf8'));
        if (parsed instanceof Error) reject(parsed);
        else resolve({ body: parsed.body, sentAtMs, receivedAtMs: Date.now() });
      });
    });
    const deadline = setTimeout(
      () => request.destroy(new Error(`The controller did not answer within ${deadlineMs / 1000} s.`)),
      deadlineMs,
    );
    request.on('timeout', () => request.destroy(new Error('The connection to the controller stalled.')));
    request.on('error', (error) => {
      clearTimeout(deadline);
      reject(error);
    });
    request.end(body ?? undefined);
  });
}

function parseAnswer(status: number, text: string): { body: unknown } | Error {
  let body: unknown = null;
  try {
    body = JSON.parse(text);
  } catch {
    if (status >= 200 && status < 300) return new Error('The controller answered, but not in JSON. Is this URL the agent gateway?');
  }
  if (status >= 200 && status < 300) return { body };
  const problem = Problem.safeParse(body);
  if (problem.success) return new RefusedError({ ...problem.data, status });
  const detail = 'The answer is not in the form of the agent gateway. Check the URL of the controller, and proxies between.';
  return new RefusedError({ type: 'about:blank', title: `HTTP ${status}`, status, detail, retryable: status >= 500 || status === 429 });
}
