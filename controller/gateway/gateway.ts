/** Builds the agent gateway: its server with all routes, ready to listen. */
import type pg from 'pg';
import type { Logger } from 'pino';
import type { Intake } from '../collection/intake.ts';
import type { FleetDirectory, KnownNode } from '../fleet-directory.ts';
import type { Authority } from '../pki/certificate-authority.ts';
import type { CommandSigner } from '../pki/command-signer.ts';
import { keepGatewayCertificate } from '../pki/gateway-certificate.ts';
import type { BodyBudget } from './body.ts';
import { CallerAuthority } from './caller.ts';
import type { CommandMailbox } from './command-mailbox.ts';
import { pollRoute, progressRoute, resultRoute } from './commands.ts';
import { joinRoute, renewRoute } from './enrolment.ts';
import { InstanceGuard } from './instance-guard.ts';
import { journalRoute } from './journal.ts';
import { leadershipRoute } from './leadership.ts';
import { observationsRoute } from './observations.ts';
import { createGatewayServer, type GatewayCounters } from './server.ts';

export interface GatewayOptions {
  pool: pg.Pool;
  authority: Authority;
  signer: CommandSigner;
  mailbox: CommandMailbox;
  fleet: FleetDirectory;
  intake: Intake;
  /** DNS names and addresses that the server's certificate is for. */
  names: readonly string[];
  /** An agent reports that somebody acted on its host by hand. */
  onBreakGlass: (known: KnownNode) => void;
  log: Logger;
}

export interface Gateway {
  counters: GatewayCounters;
  /** Bodies in memory now. */
  bodies: Readonly<BodyBudget>;
  listen(host: string, port: number): Promise<number>;
  close(graceMs: number): Promise<void>;
}

export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { pool, authority, signer, mailbox, fleet, intake, names, onBreakGlass, log } = options;
  const budget: BodyBudget = { usedBytes: 0 };
  const callers = new CallerAuthority(authority.installId, fleet);
  const instances = new InstanceGuard(pool, fleet, log);
  const enrolment = { pool, authority, signer, fleet, callers, instances, budget, log };
  const commands = { pool, callers, instances, mailbox, budget, log };
  const routes = new Map([
    ['POST /v1/join', joinRoute(enrolment)],
    ['POST /v1/renew', renewRoute(enrolment)],
    ['POST /v1/observations', observationsRoute({ callers, intake, budget, instances })],
    ['GET /v1/commands', pollRoute(commands)],
    ['POST /v1/commands/:id/progress', progressRoute(commands)],
    ['POST /v1/commands/:id/result', resultRoute(commands)],
    ['GET /v1/leadership', leadershipRoute(commands)],
    ['POST /v1/journal', journalRoute({ pool, callers, instances, budget, onBreakGlass, log })],
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
      mailbox.close();
      await server.close(graceMs);
    },
  };
}
