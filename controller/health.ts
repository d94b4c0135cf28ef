/**
 * Serves `/healthz` for supervisors and people: a read-only listener on loopback. `instance` repeats FARSHORE_INSTANCE, which proves that
 * no other controller answers on the port.
 */
import { createServer, type Server } from 'node:http';

const REQUEST_TIMEOUT_MS = 5_000;
const HEADERS_TIMEOUT_MS = 3_000;

export interface HealthReport {
  /** `ok`, or `degraded` while the database does not answer or what is evaluated is old. */
  status: 'ok' | 'degraded';
  /** Problems as sentences; empty = none. */
  problems: string[];
  [detail: string]: unknown;
}

export interface HealthServer {
  port: number;
  close(): Promise<void>;
}

/** Answers GET /healthz with 200 while `ok` and 503 while degraded. Throws with a sentence when the port is taken. */
export async function serveHealth(host: string, port: number, report: () => HealthReport): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?', 1)[0];
    const known = path === '/healthz';
    const readOnly = request.method === 'GET' || request.method === 'HEAD';
    const body =
      known && readOnly
        ? { ...report(), instance: process.env['FARSHORE_INSTANCE'] ?? null }
        : { status: 'error', problems: [known ? 'Only GET is possible here.' : 'There is only /healthz here.'] };
    const status = !known ? 404 : !readOnly ? 405 : body.status === 'ok' ? 200 : 503;
    const text = `${JSON.stringify(body, null, 2)}\n`;
    response.writeHead(status, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(text),
      'Cache-Control': 'no-store',
      ...(status === 405 ? { Allow: 'GET, HEAD' } : {}),
    });
    response.end(request.method === 'HEAD' ? undefined : text);
  });
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.maxConnections = 50;
  return { port: await listen(server, host, port), close: () => close(server) };
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      const detail = taken ? 'another process has that port. Stop it, or set FARSHORE_HEALTH_PORT to a free port.' : `${error.message}.`;
      reject(new Error(`The health listener cannot use ${host}:${port}: ${detail}`, { cause: error }));
    });
    server.listen({ host, port }, resolve);
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
