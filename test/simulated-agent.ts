/** An agent's end of the gateway contract over real TLS, for tests and benches: joins, renews, sends batches. */
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:https';
import type { BatchAccepted, IdentityResponse, ObservationBatch } from '../lib/agent-contract/messages.ts';
import type { Problem } from '../lib/agent-contract/primitives.ts';

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
}

/** One request; rejects only when there is no answer at all. */
export function post<T = unknown>(options: PostOptions): Promise<Answer<T>> {
  const { url, path, body, tls = {}, agent, headers = {}, method = 'POST' } = options;
  const payload = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sent = request(
      new URL(path, url),
      {
        method,
        ...tls,
        ...(agent === undefined ? { agent: false as const } : { agent }),
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload), ...headers },
        timeout: REQUEST_TIMEOUT_MS,
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
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${REQUEST_TIMEOUT_MS} ms`)));
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
  readonly url: string;
  readonly caPem: string;
  certificatePem: string;
  keyPem: string;
  instanceId: string;
  generation: number;
  #connection: Agent;

  constructor(identity: { url: string; caPem: string; certificatePem: string; keyPem: string; instanceId?: string; generation?: number }) {
    this.url = identity.url;
    this.caPem = identity.caPem;
    this.certificatePem = identity.certificatePem;
    this.keyPem = identity.keyPem;
    this.instanceId = identity.instanceId ?? randomUUID();
    this.generation = identity.generation ?? 1;
    this.#connection = this.#connect();
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

  close(): void {
    this.#connection.destroy();
  }

  #connect(): Agent {
    return new Agent({ keepAlive: true, maxSockets: 1, ca: this.caPem, cert: this.certificatePem, key: this.keyPem });
  }
}
