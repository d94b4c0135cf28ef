/** Authorises each request with a client certificate, in this one place. */
import type { TLSSocket } from 'node:tls';
import type { FleetDirectory, KnownNode } from '../fleet-directory.ts';
import { clientCertificateOf, provenNodeUuid, type ClientCertificate } from './client-certificate.ts';
import { GatewayProblem } from './problem.ts';
import { RequestRate, type RateLimit } from '../../lib/domain/policy/request-rate.ts';
import { COMMAND_RATE, NODE_RATE } from './request-rate.ts';

export interface Caller {
  known: KnownNode;
  certificate: ClientCertificate;
}

/** How a person gets a locked node back. Printed by agents, so it must stand on its own. */
const UNLOCK_HINT =
  'Find out which host is the right one, then run `npm run admin -- node unlock` on the controller and join that host with the new token.';

/** Checks each request, also on a long open connection. */
export class CallerAuthority {
  readonly #installId: string;
  readonly #fleet: FleetDirectory;
  readonly #rate = new RequestRate<string>(NODE_RATE);
  readonly #commandRate = new RequestRate<string>(COMMAND_RATE);

  constructor(installId: string, fleet: FleetDirectory) {
    this.#installId = installId;
    this.#fleet = fleet;
  }

  /**
   * Throws `certificate-missing`, `certificate-refused`, `node-retired`, `identity-locked`, `too-many-requests`, or `unavailable` while a
   * revocation can't be checked. Commands have a budget of their own: back-filled samples never hold up an operation.
   */
  async authorise(socket: TLSSocket, nowMs: number, limit: RateLimit = NODE_RATE): Promise<Caller> {
    const certificate = clientCertificateOf(socket, this.#installId);
    const uuid = provenNodeUuid(certificate, nowMs);
    const waitMs = (limit === COMMAND_RATE ? this.#commandRate : this.#rate).take(uuid, nowMs);
    if (waitMs > 0) {
      throw new GatewayProblem('too-many-requests', 'This node sends more requests than it should. Batch the samples.', {
        retryAfterSeconds: Math.ceil(waitMs / 1000),
      });
    }
    // `provenNodeUuid` refuses a missing certificate; this only tells the compiler.
    if (certificate === null) throw new GatewayProblem('certificate-missing', 'This request needs the node’s client certificate.');
    // Unknown as it stands: it may have joined or renewed a moment ago, perhaps at another controller.
    if (!this.#holds(uuid, certificate)) await this.#fleet.refresh().catch(() => undefined);
    if (!this.#fleet.trustworthy) {
      throw new GatewayProblem(
        'unavailable',
        'The controller cannot reach its database to check this identity. The agent keeps its samples.',
        {
          retryAfterSeconds: 2,
        },
      );
    }
    return { known: this.#admitted(uuid, certificate), certificate };
  }

  #holds(uuid: string, certificate: ClientCertificate): boolean {
    const identity = this.#fleet.node(uuid)?.node.identity;
    return (
      identity != null &&
      (identity.fingerprintSha256 === certificate.fingerprintSha256 || identity.previousSha256 === certificate.fingerprintSha256)
    );
  }

  #admitted(uuid: string, certificate: ClientCertificate): KnownNode {
    const known = this.#fleet.node(uuid);
    if (known === null) {
      throw new GatewayProblem(
        'node-retired',
        'This node is not registered any more. Stop its agent, or register the node and join it again.',
      );
    }
    const { name, identity } = known.node;
    if (identity !== null && identity.lockedAtMs !== null) throw identityLocked(name, identity.lockReason);
    if (!this.#holds(uuid, certificate)) {
      const detail = `The certificate of ${name} was replaced by newer ones and is not accepted any more. Join the node again with a new token.`;
      throw new GatewayProblem('certificate-refused', detail);
    }
    return known;
  }
}

/** The refusal that both holders of a duplicated identity get. */
export function identityLocked(nodeName: string, reason: string | null): GatewayProblem {
  return new GatewayProblem(
    'identity-locked',
    `The identity of ${nodeName} is locked: ${reason ?? 'two holders were seen'} ${UNLOCK_HINT}`,
  );
}
