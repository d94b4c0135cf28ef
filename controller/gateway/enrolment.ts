/** POST /v1/join and POST /v1/renew: how a node gets its certificate and keeps it fresh. */
import type { IncomingMessage } from 'node:http';
import type pg from 'pg';
import type { Logger } from 'pino';
import type { z } from 'zod';
import { JoinRequest, RenewRequest, type IdentityResponse } from '../../lib/agent-contract/messages.ts';
import { actorLabel, appendAudit } from '../../lib/audit/append.ts';
import { advanceIdentity, enrolIdentity, reissueIdentity } from '../../lib/db/fleet/identities.ts';
import { redeemJoinToken } from '../../lib/db/fleet/join-tokens.ts';
import { inTransaction } from '../../lib/db/ground/pool.ts';
import type { FleetDirectory } from '../fleet-directory.ts';
import type { Authority, IssuedCertificate } from '../pki/certificate-authority.ts';
import type { CommandSigner } from '../pki/command-signer.ts';
import { SigningRequestError, checkedPublicKey } from '../pki/signing-request.ts';
import { assertAcceptableHeaders, parseMessage, printable, readBody, type BodyBudget } from './body.ts';
import type { Caller, CallerAuthority } from './caller.ts';
import type { InstanceGuard } from './instance-guard.ts';
import { GatewayProblem } from './problem.ts';
import { RequestRate } from '../../lib/domain/policy/request-rate.ts';
import { JOIN_RATE } from './request-rate.ts';
import type { RouteHandler } from './server.ts';

/** A token, a name and a signing request: anything larger is not one. */
const ENROLMENT_BYTES_MAX = 16 * 1024;

export interface Enrolment {
  pool: pg.Pool;
  authority: Authority;
  signer: CommandSigner;
  fleet: FleetDirectory;
  callers: CallerAuthority;
  instances: InstanceGuard;
  budget: BodyBudget;
  log: Logger;
}

/** Joining needs no certificate: the one-time token is the proof, and names the node. */
export function joinRoute(options: Enrolment): RouteHandler {
  const { pool, authority, fleet, instances, log } = options;
  const rate = new RequestRate<'all'>(JOIN_RATE);
  return async (request, socket): Promise<IdentityResponse> => {
    const now = new Date();
    assertRate(rate, now.getTime());
    const message = await readMessage(request, JoinRequest, options.budget);
    await refuseWeak(checkedPublicKey(message.csrPem));
    const joined = await inTransaction(pool, async (client) => {
      const token = await redeemJoinToken(client, message.token, message.nodeName, now);
      if (!token.redeemed) {
        log.warn({ why: token.why, nodeName: printable(message.nodeName), peer: socket.remoteAddress }, 'refused a join');
        throw new GatewayProblem('join-refused', token.sentence);
      }
      const certificate = await authority.signNodeCertificate(message.csrPem, token.nodeUuid, now);
      const { nodeId, clusterSlug, nodeName } = token;
      const generation = await enrolIdentity(client, { ...certificate, nodeId, instanceId: message.instanceId, at: now });
      await appendAudit(client, {
        at: now,
        actor: actorLabel({ kind: 'system', process: 'controller' }),
        action: 'node.join',
        subject: `node:${clusterSlug}/${nodeName}`,
        outcome: 'done',
        body: {
          generation,
          fingerprint: certificate.fingerprintSha256,
          peer: socket.remoteAddress ?? null,
          agentVersion: message.agentVersion,
        },
      });
      return { token, certificate, generation };
    });
    instances.forget(joined.token.nodeId);
    await fleet.refresh().catch(() => undefined);
    log.info({ node: joined.token.nodeName, cluster: joined.token.clusterSlug, generation: joined.generation }, 'a node joined');
    const { nodeUuid, clusterSlug, nodeName } = joined.token;
    return identityResponse(options, { nodeUuid, clusterSlug, nodeName, generation: joined.generation }, joined.certificate);
  };
}

/** Renewing advances the generation by compare-and-swap: the second holder of the same generation is refused. */
export function renewRoute(options: Enrolment): RouteHandler {
  const { pool, authority, fleet, callers, instances, log } = options;
  return async (request, socket): Promise<IdentityResponse> => {
    const nowMs = Date.now();
    const caller = await callers.authorise(socket, nowMs);
    const message = await readMessage(request, RenewRequest, options.budget);
    await refuseWeak(checkedPublicKey(message.csrPem));
    await instances.assertInstance(caller.known, message.instanceId, nowMs, nowMs);
    const { node, cluster } = caller.known;
    const certificate = await authority.signNodeCertificate(message.csrPem, node.uuid);
    const generation = await nextGeneration(pool, caller, message, certificate);
    if (generation === null) {
      return await instances.lock(
        caller.known,
        `generation ${message.generation} was renewed twice, at ${new Date(nowMs).toISOString()} again.`,
      );
    }
    await fleet.refresh().catch(() => undefined);
    log.info({ node: node.name, cluster: cluster.slug, generation }, 'a node renewed its certificate');
    return identityResponse(options, { nodeUuid: node.uuid, clusterSlug: cluster.slug, nodeName: node.name, generation }, certificate);
  };
}

async function nextGeneration(
  pool: pg.Pool,
  caller: Caller,
  message: RenewRequest,
  certificate: IssuedCertificate,
): Promise<number | null> {
  const { id: nodeId, identity } = caller.known.node;
  const shownSha256 = caller.certificate.fingerprintSha256;
  const renewal = { ...certificate, nodeId, fromGeneration: message.generation };
  // Only the newest certificate renews; the previous one may just ask again for the answer that it never got.
  if (identity?.fingerprintSha256 === shownSha256) {
    const advanced = await advanceIdentity(pool, renewal);
    if (advanced !== null) return advanced;
  }
  return await reissueIdentity(pool, { ...renewal, shownSha256, instanceId: message.instanceId });
}

function assertRate(rate: RequestRate<'all'>, nowMs: number): void {
  const waitMs = rate.take('all', nowMs);
  if (waitMs === 0) return;
  throw new GatewayProblem('too-many-requests', 'Very many nodes are joining at once. Try again in a moment.', {
    retryAfterSeconds: Math.ceil(waitMs / 1000),
  });
}

async function readMessage<S extends z.ZodType>(request: IncomingMessage, schema: S, budget: BodyBudget): Promise<z.output<S>> {
  assertAcceptableHeaders(request, ENROLMENT_BYTES_MAX);
  const { text, release } = await readBody(request, ENROLMENT_BYTES_MAX, budget);
  try {
    return parseMessage(text, schema);
  } finally {
    release();
  }
}

/** A bad signing request is refused before the token is touched: it stays good for another try. */
async function refuseWeak(checked: Promise<unknown>): Promise<void> {
  try {
    await checked;
  } catch (error) {
    if (error instanceof SigningRequestError) throw new GatewayProblem('invalid-message', error.message, { cause: error });
    throw error;
  }
}

function identityResponse(
  { authority, signer }: Pick<Enrolment, 'authority' | 'signer'>,
  node: { nodeUuid: string; clusterSlug: string; nodeName: string; generation: number },
  certificate: IssuedCertificate,
): IdentityResponse {
  return {
    identity: authority.identityOf(node.nodeUuid),
    clusterSlug: node.clusterSlug,
    nodeName: node.nodeName,
    certificatePem: certificate.certificatePem,
    caPem: authority.caPem,
    commandKeyPem: signer.publicKeyPem,
    generation: node.generation,
    notAfter: certificate.notAfter.toISOString(),
  };
}
