/** Reads the identity that a TLS connection proves. Only this, never a message body, says who a node is. */
import type { TLSSocket } from 'node:tls';
import { GatewayProblem } from './problem.ts';

const CLIENT_AUTH_OID = '1.3.6.1.5.5.7.3.2';

export interface ClientCertificate {
  fingerprintSha256: string;
  notBeforeMs: number;
  notAfterMs: number;
  /** Node named by the certificate's only URI SAN within our trust domain; `null` = it names none. */
  nodeUuid: string | null;
  clientAuth: boolean;
  /** Why the chain does not lead to our authority (OpenSSL's code); `null` = it does. */
  chainProblem: string | null;
}

const read = new WeakMap<TLSSocket, ClientCertificate | null>();

/** The certificate of this connection, read once; `null` = the peer presented none. */
export function clientCertificateOf(socket: TLSSocket, installId: string): ClientCertificate | null {
  let certificate = read.get(socket);
  if (certificate === undefined) {
    certificate = readCertificate(socket, installId);
    read.set(socket, certificate);
  }
  return certificate;
}

function readCertificate(socket: TLSSocket, installId: string): ClientCertificate | null {
  const peer = socket.getPeerX509Certificate();
  if (peer === undefined) return null;
  const prefix = `URI:spiffe://${installId}/node/`;
  const san = peer.subjectAltName ?? '';
  const nodeUuid = san.startsWith(prefix) ? san.slice(prefix.length) : null;
  return {
    fingerprintSha256: peer.fingerprint256.replaceAll(':', '').toLowerCase(),
    notBeforeMs: Date.parse(peer.validFrom),
    notAfterMs: Date.parse(peer.validTo),
    nodeUuid: nodeUuid !== null && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(nodeUuid) ? nodeUuid : null,
    clientAuth: (peer.keyUsage ?? []).includes(CLIENT_AUTH_OID),
    chainProblem: socket.authorized ? null : String(socket.authorizationError ?? 'not verified'),
  };
}

/**
 * The node uuid of a certificate that our authority signed for a client and that is valid now. Dates are compared at each request
 * because a connection may outlive its certificate. Throws a problem that says what is wrong with it.
 */
export function provenNodeUuid(certificate: ClientCertificate | null, nowMs: number): string {
  const again = 'Enrol the node with a new join token: farshore-agent join.';
  if (certificate === null) throw new GatewayProblem('certificate-missing', `This request needs the node’s client certificate. ${again}`);
  if (certificate.chainProblem === 'CERT_HAS_EXPIRED' || nowMs > certificate.notAfterMs) {
    const at = new Date(certificate.notAfterMs).toISOString();
    throw new GatewayProblem('certificate-refused', `The client certificate expired at ${at}. ${again}`);
  }
  if (certificate.chainProblem === 'CERT_NOT_YET_VALID' || nowMs < certificate.notBeforeMs) {
    const from = new Date(certificate.notBeforeMs).toISOString();
    throw new GatewayProblem(
      'certificate-refused',
      `The client certificate is valid only from ${from}. Check the clocks of this host and of the controller.`,
    );
  }
  if (certificate.chainProblem !== null) {
    const detail = `The client certificate was not issued by this installation’s authority (${certificate.chainProblem}). ${again}`;
    throw new GatewayProblem('certificate-refused', detail);
  }
  if (!certificate.clientAuth) {
    throw new GatewayProblem(
      'certificate-refused',
      `The certificate is not meant for clients (no clientAuth in its extended key usage). ${again}`,
    );
  }
  if (certificate.nodeUuid === null) {
    throw new GatewayProblem('certificate-refused', `The certificate names no node of this installation (no spiffe:// URI). ${again}`);
  }
  return certificate.nodeUuid;
}
