/** The agent gateway: its server with all routes, ready to listen. */
import type pg from 'pg';
import type { Logger } from 'pino';
import type { Intake } from '../collection/intake.ts';
import type { FleetDirectory } from '../fleet-directory.ts';
import type { Authority } from '../pki/authority.ts';
import { keepGatewayCertificate } from '../pki/gateway-certificate.ts';
import type { BodyBudget } from './body.ts';
import { CallerAuthority } from './caller.ts';
import { joinRoute, renewRoute } from './enrolment.ts';
import { InstanceGuard } from './instance-guard.ts';
import { observationsRoute } from './observations.ts';
import { createGatewayServer, type GatewayCounters } from './server.ts';

export interface GatewayOptions {
  pool: pg.Pool;
  authority: Authority;
  fleet: FleetDirectory;
  intake: Intake;
  /** DNS names and addresses that the server's certificate is for. */
  names: readonly string[];
  log: Logger;
}

export interface Gateway {
  counters: GatewayCounters;
  /** Bodies in memory now. */
  bodies: Readonly<BodyBudget>;
  listen(host: string, port: number): Promise<number>;
  close(graceMs: number): Promise<void>;
}

export async function createGateway({ pool, authority, fleet, intake, names, log }: GatewayOptions): Promise<Gateway> {
  const budget: BodyBudget = { usedBytes: 0 };
  const callers = new CallerAuthority(authority.installId, fleet);
  const instances = new InstanceGuard(pool, fleet, log);
  const enrolment = { pool, authority, fleet, callers, instances, budget, log };
  const routes = new Map([
    ['POST /v1/join', joinRoute(enrolment)],
    ['POST /v1/renew', renewRoute(enrolment)],
    ['POST /v1/observations', observationsRoute({ callers, intake, budget, instances })],
  ]);
  const certificate = await keepGatewayCertificate(
    authority,
    names,
    (renewed) => {
      server.useCertificate(renewed);
      log.info({ notAfter: renewed.notAfter }, 'the gateway renewed its certificate');
    },
    (error) => log.error({ err: error }, 'the gateway could not renew its certificate; trying again'),
  );
  const server = createGatewayServer(certificate.current(), authority.caPem, routes, log);
  return {
    counters: server.counters,
    bodies: budget,
    listen: server.listen,
    async close(graceMs) {
      certificate.stop();
      await server.close(graceMs);
    },
  };
}
