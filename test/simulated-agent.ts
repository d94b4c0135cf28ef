/** An agent's end of the gateway contract over real TLS, for tests and benches: joins, renews, sends batches. */
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:https';
import type { z } from 'zod';
import { POLL_WAIT_MAX_MS } from '../lib/agent-contract/commands.ts';
import type {
  Accepted as AcceptedSchema,
  CommandEnvelope,
  CommandResult,
  CommandsAnswer,
  JournalAccepted as JournalAcceptedSchema,
  JournalEntry,
  ResultMessage,
} from '../lib/agent-contract/commands.ts';
import type { BatchAccepted, IdentityResponse, ObservationBatch } from '../lib/agent-contract/messages.ts';
import type { Problem } from '../lib/agent-contract/primitives.ts';

type Accepted = z.output<typeof AcceptedSchema>;
type JournalAccepted = z.output<typeof JournalAcceptedSchema>;

const REQUEST_TIMEOUT_MS = 15_000;
const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

export interface Answer<T> {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: T;
}

export interface KeyAndRequest {
  keyPem: string;
  csrPem: string;
}

/** A new key and a signing request for it. */
export async function makeKeyAndRequest(): Promise<KeyAndRequest> {
  const keys = await crypto.subtle.generateKey(P256, true, ['sign', 'verify']);
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({ name: 'CN=agent', keys, signingAlgorithm: P256 });
  const keyPem = x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { keyPem, csrPem: csr.toString('pem') };
}

export interface PostOptions {
  url: string;
  path: string;
  /** Text or bytes are sent as they are, anything else as JSON. */
  body: unknown;
  tls?: { ca?: string; key?: string; cert?: string };
  agent?: Agent;
  headers?: Record<string, string>;
  method?: string;
  timeoutMs?: number;
}

/** One request; rejects only when there is no answer at all. */
export function post<T = unknown>(options: PostOptions): Promise<Answer<T>> {
  const { url, path, body, tls = {}, agent, headers = {}, method = 'POST', timeoutMs = REQUEST_TIMEOUT_MS } = options;
  const payload = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sent = request(
      new URL(path, url),
      {
        method,
        ...tls,
        ...(agent === undefined ? { agent: false as const } : { agent }),
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload), ...headers },
        timeout: timeoutMs,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: (text === '' ? null : JSON.parse(text)) as T });
        });
      },
    );
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    sent.on('error', reject);
    sent.end(payload);
  });
}

/** Asks to join with the secret part of a token. */
export async function requestJoin(
  url: string,
  caPem: string,
  secret: string,
  nodeName: string,
  options: { instanceId?: string; key?: KeyAndRequest } = {},
): Promise<Answer<IdentityResponse | Problem> & { keyPem: string; instanceId: string }> {
  const { keyPem, csrPem } = options.key ?? (await makeKeyAndRequest());
  const instanceId = options.instanceId ?? randomUUID();
  const body = { contractVersion: 1, token: secret, nodeName, csrPem, instanceId, agentVersion: 'simulated' };
  return { ...(await post<IdentityResponse | Problem>({ url, path: '/v1/join', body, tls: { ca: caPem } })), keyPem, instanceId };
}

/** A joined node on one keep-alive connection. */
export class SimulatedAgent {
  url: string;
  readonly caPem: string;
  certificatePem: string;
  keyPem: string;
  instanceId: string;
  generation: number;
  #connection: Agent;
  /** Commands come and go beside the samples: a held request must not hold them up. */
  #commands: Agent;

  constructor(identity: { url: string; caPem: string; certificatePem: string; keyPem: string; instanceId?: string; generation?: number }) {
    this.url = identity.url;
    this.caPem = identity.caPem;
    this.certificatePem = identity.certificatePem;
    this.keyPem = identity.keyPem;
    this.instanceId = identity.instanceId ?? randomUUID();
    this.generation = identity.generation ?? 1;
    this.#connection = this.#connect();
    this.#commands = this.#connect(3);
  }

  /** Joins with `secret`; throws the problem's sentence when refused. */
  static async join(url: string, caPem: string, secret: string, nodeName: string): Promise<SimulatedAgent> {
    const answer = await requestJoin(url, caPem, secret, nodeName);
    if (answer.status !== 200) throw new Error(`join of ${nodeName} refused: ${JSON.stringify(answer.body)}`);
    const identity = answer.body as IdentityResponse;
    const { keyPem, instanceId } = answer;
    return new SimulatedAgent({ url, caPem, certificatePem: identity.certificatePem, keyPem, instanceId, generation: identity.generation });
  }

  /** The same identity in another process: what a copied state directory makes. */
  copy(): SimulatedAgent {
    const { url, caPem, certificatePem, keyPem, generation } = this;
    return new SimulatedAgent({ url, caPem, certificatePem, keyPem, generation });
  }

  batch(samples: ObservationBatch['samples'], over: Partial<ObservationBatch> = {}): ObservationBatch {
    const sentAt = new Date().toISOString();
    return { contractVersion: 1, instanceId: this.instanceId, agentVersion: 'simulated', sentAt, samples, facts: null, ...over };
  }

  send(body: unknown, headers: Record<string, string> = {}): Promise<Answer<BatchAccepted & Problem>> {
    return post<BatchAccepted & Problem>({ url: this.url, path: '/v1/observations', body, agent: this.#connection, headers });
  }

  async renew(generation = this.generation): Promise<Answer<IdentityResponse | Problem>> {
    const { keyPem, csrPem } = await makeKeyAndRequest();
    const body = { contractVersion: 1, csrPem, generation, instanceId: this.instanceId };
    const answer = await post<IdentityResponse | Problem>({ url: this.url, path: '/v1/renew', body, agent: this.#connection });
    if (answer.status !== 200) return answer;
    const identity = answer.body as IdentityResponse;
    this.certificatePem = identity.certificatePem;
    this.keyPem = keyPem;
    this.generation = identity.generation;
    this.#connection.destroy();
    this.#connection = this.#connect();
    return answer;
  }

  /** GET /v1/commands. */
  poll(waitMs: number, have: readonly string[] = [], instanceId = this.instanceId): Promise<Answer<CommandsAnswer & Problem>> {
    const query = new URLSearchParams({ wait: String(waitMs), instance: instanceId, have: have.join(',') });
    return this.#command('GET', `/v1/commands?${query.toString()}`, '');
  }

  /** POST /v1/commands/:id/result of a command as it was received. */
  result(envelope: CommandEnvelope, result: CommandResult, over: Partial<ResultMessage> = {}): Promise<Answer<Accepted & Problem>> {
    const { operation, step, attempt } = envelope;
    const body = { contractVersion: 1, instanceId: this.instanceId, operation, step, attempt, result, ...over };
    return this.#command('POST', `/v1/commands/${envelope.id}/result`, body);
  }

  progress(commandId: string, doing: string, doneBytes: number | null = null): Promise<Answer<Accepted & Problem>> {
    const body = { contractVersion: 1, at: new Date().toISOString(), doing, doneBytes, totalBytes: null };
    return this.#command('POST', `/v1/commands/${commandId}/progress`, body);
  }

  journal(entries: readonly JournalEntry[]): Promise<Answer<JournalAccepted & Problem>> {
    return this.#command('POST', '/v1/journal', { contractVersion: 1, instanceId: this.instanceId, entries });
  }

  /** Another gateway of the same installation, as after a failover of the controller. */
  dial(url: string): void {
    this.url = url;
    this.#connection.destroy();
    this.#commands.destroy();
    this.#connection = this.#connect();
    this.#commands = this.#connect(3);
  }

  close(): void {
    this.#connection.destroy();
    this.#commands.destroy();
  }

  #command<T>(method: string, path: string, body: unknown): Promise<Answer<T>> {
    return post<T>({ url: this.url, path, body, method, agent: this.#commands, timeoutMs: POLL_WAIT_MAX_MS + REQUEST_TIMEOUT_MS });
  }

  #connect(maxSockets = 1): Agent {
    return new Agent({ keepAlive: true, maxSockets, ca: this.caPem, cert: this.certificatePem, key: this.keyPem });
  }
}
