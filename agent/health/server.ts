/** Serves the read-only health port, for load balancers, Prometheus and people. */
import http from 'node:http';
import { healthAnswer, parseSizeBytes, primaryAnswer, replicaAnswer } from './answers.ts';
import type { HealthAnswer } from './answers.ts';
import { metricsText } from './metrics.ts';
import type { HealthView } from './view.ts';

const HEADERS_DEADLINE_MS = 5000;
const KEEP_ALIVE_MS = 30_000;
const CONNECTIONS_MAX = 100;
const HEADER_BYTES_MAX = 8192;
const PATHS = '/primary, /replica, /replica?lag=10MB, /read-write, /health, /metrics';

export interface Reply {
  status: number;
  type: 'application/json' | 'text/plain; version=0.0.4; charset=utf-8';
  body: string;
}

const json = (status: number, body: unknown): Reply => ({ status, type: 'application/json', body: `${JSON.stringify(body)}\n` });

function verdict(view: HealthView, answer: HealthAnswer): Reply {
  const { server, postgres } = view;
  const role = postgres === null ? null : postgres.inRecovery ? 'standby' : 'primary';
  return json(answer.status, {
    status: answer.status,
    reasons: answer.reasons,
    state: server?.state ?? null,
    role,
    timeline: postgres?.timeline ?? null,
  });
}

/** Routes one GET. Pure but for the view it is given. */
export function replyTo(pathAndQuery: string, view: HealthView, nowMs: number): Reply {
  const url = URL.canParse(pathAndQuery, 'http://agent') ? new URL(pathAndQuery, 'http://agent') : null;
  switch (url?.pathname) {
    case '/primary':
    case '/read-write':
      return verdict(view, primaryAnswer(view));
    case '/replica': {
      const asked = url.searchParams.get('lag');
      const lagBytes = asked === null ? null : parseSizeBytes(asked);
      if (asked !== null && lagBytes === null) return json(400, { status: 400, reasons: ['lag must be a size such as 10MB or 16kB.'] });
      return verdict(view, replicaAnswer(view, lagBytes, nowMs));
    }
    case '/health': {
      const { status, reasons } = healthAnswer(view);
      const { postgres: _postgres, volumes: _volumes, ...rest } = view;
      return json(status, { status, reasons, ...rest });
    }
    case '/metrics':
      return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: metricsText(view) };
    default:
      return json(404, { status: 404, reasons: [`There is ${PATHS}.`] });
  }
}

export interface HealthServer {
  port: number;
  close: () => Promise<void>;
}

/** Listens. Rejects with a sentence that names the address when it is taken or not ours. */
export async function startHealthServer(host: string, port: number, view: () => HealthView): Promise<HealthServer> {
  const server = http.createServer({ maxHeaderSize: HEADER_BYTES_MAX }, (request, response) => {
    const reply =
      request.method === 'GET'
        ? replyTo(request.url ?? '/', view(), Date.now())
        : json(405, { status: 405, reasons: ['Only GET: this port changes nothing.'] });
    // A request's body is not read.
    request.resume();
    response.writeHead(reply.status, {
      'content-type': reply.type,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...(reply.status === 405 ? { allow: 'GET', connection: 'close' } : {}),
    });
    response.end(reply.body);
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.headersTimeout = HEADERS_DEADLINE_MS;
  server.requestTimeout = HEADERS_DEADLINE_MS;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new Error(listenProblem(error, host, port))));
    server.listen(port, host, resolve);
  });
  server.on('error', () => undefined);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listenProblem(error: NodeJS.ErrnoException, host: string, port: number): string {
  if (error.code === 'EADDRINUSE')
    return `The health port ${host}:${port} is taken by another program. Free it, or set another [health] port.`;
  if (error.code === 'EADDRNOTAVAIL') return `${host} is no address of this host. Correct [health] host.`;
  if (error.code === 'EACCES') return `The agent may not listen at ${host}:${port}. Set [health] port to 1024 or more.`;
  return `The health port ${host}:${port} can't be opened: ${error.message}.`;
}
