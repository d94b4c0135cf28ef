/**
 * Runs the HTTPS server for agents. `node:https` without a framework: a few routes need none, and each request is cheap enough for
 * thousands of keep-alive connections (see bench/ingest.ts). It accepts connections with and without client certificate; every route
 * authorises for itself, because joining can't need the certificate that it is for.
 */
import { constants } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Logger } from 'pino';
import type { ServerCertificate } from '../pki/certificate-authority.ts';
import { printable } from './body.ts';
import { GatewayProblem, asProblem } from './problem.ts';

const CONNECTIONS_MAX = 8_000;
/** A poll names the commands that its agent has in hand, in its query. */
const HEADER_BYTES_MAX = 16 * 1024;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** Longer than an agent's tick and than the usual idle timeout of agents, so that the agent closes first. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** After a refused body, this much more is read and thrown away so that the peer gets to read the refusal. */
const DISCARD_BYTES_MAX = 16 * 1024 * 1024;
const DISCARD_MS = 5_000;
const IDLE_SWEEP_MS = 50;

/** `id`: the part of the path that a route has in the place of `:id`; else empty. */
export type RouteHandler = (request: IncomingMessage, socket: TLSSocket, id: string) => Promise<unknown>;
/** Method and path, such as `POST /v1/commands/:id/result`, to its handler. The value returned is the JSON of a 200 answer. */
export type Routes = ReadonlyMap<string, RouteHandler>;

export interface GatewayCounters {
  requests: number;
  refused: number;
  failedHandshakes: number;
}

export interface GatewayServer {
  server: Server;
  counters: GatewayCounters;
  /** Puts a renewed certificate in use for new connections; present ones continue. */
  useCertificate(certificate: ServerCertificate): void;
  listen(host: string, port: number): Promise<number>;
  /** Stops accepting, lets answers in flight finish for `graceMs`, then closes what is left. */
  close(graceMs: number): Promise<void>;
}

/** Makes the server; nothing listens yet. */
export function createGatewayServer(certificate: ServerCertificate, caPem: string, routes: Routes, log: Logger): GatewayServer {
  const counters: GatewayCounters = { requests: 0, refused: 0, failedHandshakes: 0 };
  const server = createServer({
    ...tlsOptions(certificate, caPem),
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    maxHeaderSize: HEADER_BYTES_MAX,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    connectionsCheckingInterval: 5_000,
    noDelay: true,
  });
  server.maxConnections = CONNECTIONS_MAX;
  const methods = Map.groupBy(
    [...routes.keys()].map((route) => route.split(' ') as [string, string]),
    ([, path]) => path,
  );

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    counters.requests += 1;
    try {
      const { path, id } = pathOf(request);
      const route = routes.get(`${request.method} ${path}`);
      if (route === undefined) {
        const possible = methods.get(path)?.map(([method]) => method);
        if (possible !== undefined) throw new MethodProblem(request.method ?? '', possible);
        throw new GatewayProblem(
          'not-found',
          `There is nothing at ${printable(path)}. Agents use /v1/join, /v1/renew, /v1/observations, /v1/commands, /v1/leadership and /v1/journal.`,
        );
      }
      answer(response, 200, 'application/json', await route(request, request.socket as TLSSocket, id));
    } catch (error) {
      const problem = asProblem(error);
      counters.refused += 1;
      if (problem.kind === 'internal-error') log.error({ err: problem.cause, path: request.url }, 'a request of an agent failed');
      else log.debug({ kind: problem.kind, detail: problem.message, peer: request.socket.remoteAddress }, 'refused a request');
      refuse(request, response, problem);
    }
  };
  server.on('request', (request, response) => void handle(request, response));
  server.on('tlsClientError', (error, socket) => {
    counters.failedHandshakes += 1;
    log.debug({ err: error, peer: socket.remoteAddress }, 'a TLS handshake failed');
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => answerMalformed(error, socket as Socket));

  return {
    server,
    counters,
    useCertificate: (renewed) => server.setSecureContext(tlsOptions(renewed, caPem)),
    listen: (host, port) => listen(server, host, port),
    close: (graceMs) => close(server, graceMs),
  };
}

class MethodProblem extends GatewayProblem {
  readonly possible: readonly string[];

  constructor(method: string, possible: readonly string[]) {
    super('method-not-allowed', `${printable(method)} is not possible here; use ${possible.join(' or ')}.`);
    this.possible = possible;
  }
}

/** `/v1/commands/4f…/result` is `/v1/commands/:id/result` with the id `4f…`. */
function pathOf(request: IncomingMessage): { path: string; id: string } {
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  const id = /^\/v1\/commands\/([^/]+)\//.exec(path)?.[1] ?? '';
  return { path: id === '' ? path : path.replace(`/${id}/`, '/:id/'), id };
}

function tlsOptions(certificate: ServerCertificate, caPem: string) {
  return {
    key: certificate.keyPem,
    cert: certificate.certificatePem,
    ca: caPem,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2' as const,
    // Every connection proves the client's key again: a resumed session would answer for a certificate seen earlier.
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  };
}

function answer(
  response: ServerResponse,
  status: number,
  type: string,
  value: unknown,
  headers: Record<string, string | number> = {},
): void {
  if (response.headersSent || response.destroyed) return;
  const body = JSON.stringify(value);
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body), 'Cache-Control': 'no-store', ...headers });
  response.end(body);
}

function refuse(request: IncomingMessage, response: ServerResponse, problem: GatewayProblem): void {
  const headers: Record<string, string | number> = {};
  if (problem.retryAfterSeconds !== null) headers['Retry-After'] = problem.retryAfterSeconds;
  if (problem instanceof MethodProblem) headers['Allow'] = problem.possible.join(', ');
  if (!request.complete) {
    // The rest of the body is still coming: say so, and close when the answer is out.
    headers['Connection'] = 'close';
    discardRest(request);
  }
  answer(response, problem.status, 'application/problem+json', problem.toProblem(), headers);
}

function discardRest(request: IncomingMessage): void {
  let bytes = 0;
  const destroy = (): void => void request.socket.destroy();
  const timer = setTimeout(destroy, DISCARD_MS);
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > DISCARD_BYTES_MAX) destroy();
  });
  request.on('close', () => clearTimeout(timer));
  request.on('error', destroy);
  request.resume();
}

function answerMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? new GatewayProblem('headers-too-large', `The request’s headers are larger than ${HEADER_BYTES_MAX} bytes.`)
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? new GatewayProblem('request-timeout', 'The request did not arrive in time. Check the network path to the controller.')
        : new GatewayProblem('malformed-request', 'This is not an HTTP/1.1 request that can be understood.');
  const body = JSON.stringify(problem.toProblem());
  const head = `HTTP/1.1 ${problem.status} Refused\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}`;
  socket.end(`${head}\r\nConnection: close\r\n\r\n${body}`);
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => reject(listenProblem(error, host, port));
    server.once('error', failed);
    server.listen({ host, port, backlog: 1024 }, () => {
      server.off('error', failed);
      resolve();
    });
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

function listenProblem(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code === 'EADDRINUSE') {
    return new Error(
      `The agent gateway cannot listen on ${host}:${port}: another process has that port. Stop it, or set FARSHORE_GATEWAY_PORT to a free port.`,
      { cause: error },
    );
  }
  if (error.code === 'EACCES' || error.code === 'EADDRNOTAVAIL') {
    return new Error(
      `The agent gateway cannot listen on ${host}:${port} (${error.code}). Set FARSHORE_GATEWAY_HOST and FARSHORE_GATEWAY_PORT.`,
      {
        cause: error,
      },
    );
  }
  return error;
}

async function close(server: Server, graceMs: number): Promise<void> {
  if (!server.listening) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), graceMs);
    // A connection becomes idle again when its last answer is out.
    const sweeper = setInterval(() => server.closeIdleConnections(), IDLE_SWEEP_MS);
    server.close(() => {
      clearTimeout(timer);
      clearInterval(sweeper);
      resolve();
    });
  });
}
