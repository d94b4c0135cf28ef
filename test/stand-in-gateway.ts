/**
 * A stand-in for the agent gateway, for tests and benches of the agent: real TLS with the product's own authority, the contract's
 * routes, samples kept in memory, and switches for what can go wrong on the way.
 */
import { createHash, randomUUID } from 'node:crypto';
import https from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type net from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { openAuthority } from '../controller/pki/certificate-authority.ts';
import { JoinRequest, ObservationBatch, RenewRequest } from '../lib/agent-contract/messages.ts';
import type { IdentityResponse } from '../lib/agent-contract/messages.ts';
import type { NodeFacts } from '../lib/agent-contract/facts.ts';
import type { Observation } from '../lib/agent-contract/observation.ts';
import { standInCommands } from './stand-in-commands.ts';
import type { StandInCommands } from './stand-in-commands.ts';

const CLUSTER = 'bench';

export interface StandInOptions {
  /** Where the authority keeps its key. */
  directory: string;
  /** Default: one that is free. */
  port?: number;
  /** Names in the server's certificate. */
  serverNames?: string[];
  certificateLifeMs?: number;
  /** Count samples instead of keeping and checking them: for benches that measure the agent. */
  countOnly?: boolean;
}

export interface StandInGateway {
  url: string;
  port: number;
  /** A token for `farshore-agent join`; works once. */
  makeToken: (nodeName: string) => string;
  /** Samples in the order in which they arrived first; repeated sequences are left out and counted in `repeats`. */
  samples: Observation[];
  counts: { requests: number; samples: number; repeats: number; joins: number; renewals: number; bytes: number };
  facts: NodeFacts[];
  instanceIds: Set<string>;
  commands: StandInCommands;
  /** Joined agents get no key to check commands with, as from a controller that gives none. */
  withoutCommandKey: () => void;
  /** Answers each request with this status instead; `null` = works. */
  refuseWith: (refusal: { status: number; retryable: boolean } | null) => void;
  /** Refuses a batch with 422 when it holds a sample for which this is true. */
  refuseSamples: (isBad: ((sample: Observation) => boolean) | null) => void;
  /** Stores the next batch, then breaks the connection instead of answering. */
  loseNextAnswer: () => void;
  /** Stops listening and drops connections; `open` listens at the same port again. */
  close: () => Promise<void>;
  open: () => Promise<void>;
}

export async function startStandInGateway(options: StandInOptions): Promise<StandInGateway> {
  const authority = await openAuthority(options.directory);
  const server = await authority.issueServerCertificate(options.serverNames ?? ['127.0.0.1', 'localhost']);
  const tokens = new Map<string, string>();
  const samples: Observation[] = [];
  const seen = new Set<number>();
  const facts: NodeFacts[] = [];
  const instanceIds = new Set<string>();
  const counts = { requests: 0, samples: 0, repeats: 0, joins: 0, renewals: 0, bytes: 0 };
  const nodeUuid = randomUUID();
  let generation = 0;
  let nodeName = 'node';
  let givesKey = true;
  const commands = standInCommands({ uuid: nodeUuid, name: () => nodeName, cluster: CLUSTER });
  let refusal: { status: number; retryable: boolean } | null = null;
  let isBad: ((sample: Observation) => boolean) | null = null;
  let loseAnswer = false;
  let listening: https.Server | null = null;
  const sockets = new Set<Duplex>();
  let port = options.port ?? 0;

  const identity = async (csrPem: string): Promise<IdentityResponse> => {
    const issued = await authority.signNodeCertificate(csrPem, nodeUuid, new Date(), options.certificateLifeMs);
    generation += 1;
    const { certificatePem, notAfter } = issued;
    const common = { identity: authority.identityOf(nodeUuid), clusterSlug: CLUSTER, nodeName, certificatePem, caPem: authority.caPem };
    const key = givesKey ? { commandKeyPem: commands.publicKeyPem } : {};
    return { ...common, ...key, generation, notAfter: notAfter.toISOString() };
  };

  const reply = (response: ServerResponse, status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': status < 300 ? 'application/json' : 'application/problem+json' });
    response.end(JSON.stringify(body));
  };
  const refuse = (response: ServerResponse, status: number, detail: string, retryable = false): void =>
    reply(response, status, { type: 'about:blank', title: 'Refused by the stand-in', status, detail, retryable });

  const observe = (text: string, response: ServerResponse, arrivedAt: string): void => {
    const parsed = options.countOnly === true ? null : ObservationBatch.safeParse(JSON.parse(text));
    if (parsed?.success === false) return refuse(response, 422, parsed.error.message);
    const batch = (parsed?.data ?? JSON.parse(text)) as ObservationBatch;
    if (isBad !== null && batch.samples.some(isBad)) return refuse(response, 422, 'a bad sample');
    instanceIds.add(batch.instanceId);
    if (batch.facts !== null) facts.push(batch.facts);
    for (const sample of batch.samples) {
      counts.samples += 1;
      if (seen.has(sample.sequence)) counts.repeats += 1;
      else if (options.countOnly !== true) samples.push(sample);
      seen.add(sample.sequence);
    }
    if (loseAnswer) {
      loseAnswer = false;
      response.socket?.destroy();
      return;
    }
    reply(response, 200, { acceptedThrough: batch.samples.at(-1)?.sequence ?? null, serverTime: arrivedAt });
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const arrivedAt = new Date().toISOString();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    counts.requests += 1;
    counts.bytes += text.length;
    if (refusal !== null) return refuse(response, refusal.status, 'as the test asked', refusal.retryable);
    if (request.url === '/v1/join') {
      const join = JoinRequest.parse(JSON.parse(text));
      if (tokens.get(join.token) !== join.nodeName) return refuse(response, 403, 'The token is unknown, or not for this node.');
      tokens.delete(join.token);
      nodeName = join.nodeName;
      counts.joins += 1;
      return reply(response, 200, await identity(join.csrPem));
    }
    if (!(request.socket as TLSSocket).authorized) return refuse(response, 401, 'No client certificate of ours.');
    if (request.url === '/v1/renew') {
      const renewal = RenewRequest.parse(JSON.parse(text));
      if (renewal.generation !== generation) return refuse(response, 403, 'Generation mismatch.');
      counts.renewals += 1;
      return reply(response, 200, await identity(renewal.csrPem));
    }
    if (request.url === '/v1/observations') return observe(text, response, arrivedAt);
    const gone = new Promise<void>((resolve) => response.once('close', () => resolve()));
    const answer = await commands.handle(request.method ?? '', new URL(request.url ?? '/', 'https://stand-in'), text, gone);
    if (answer === 'hang-up') return void response.socket?.destroy();
    return answer === null ? refuse(response, 404, 'There is nothing here.') : reply(response, answer.status, answer.body);
  };

  const open = async (): Promise<void> => {
    const tls = { key: server.keyPem, cert: server.certificatePem, ca: authority.caPem, requestCert: true, rejectUnauthorized: false };
    const created = https.createServer({ ...tls, minVersion: 'TLSv1.2' }, (request, response) => {
      handle(request, response).catch((error: unknown) => refuse(response, 500, String(error), true));
    });
    // A connection that is still shaking hands is none that the HTTP server knows of.
    created.on('connection', (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => created.once('error', reject).listen(port, '127.0.0.1', resolve));
    port = (created.address() as net.AddressInfo).port;
    listening = created;
  };
  const close = async (): Promise<void> => {
    const closing = listening;
    listening = null;
    if (closing === null) return;
    await new Promise((resolve) => {
      closing.close(resolve);
      for (const socket of sockets) socket.destroy();
    });
  };
  await open();

  return {
    url: `https://127.0.0.1:${port}`,
    port,
    makeToken: (name) => {
      const secret = createHash('sha256').update(randomUUID()).digest('base64url').slice(0, 32);
      tokens.set(secret, name);
      return `fj1.${secret}.${authority.caFingerprint}`;
    },
    samples,
    counts,
    facts,
    instanceIds,
    commands,
    withoutCommandKey: () => (givesKey = false),
    refuseWith: (next) => (refusal = next),
    refuseSamples: (next) => (isBad = next),
    loseNextAnswer: () => (loseAnswer = true),
    close,
    open,
  };
}
