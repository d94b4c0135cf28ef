/** Enrolment: from a one-time token to an identity. The secret is sent only after the controller has proved who it is. */
import { X509Certificate, createHash, randomUUID } from 'node:crypto';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';
import { CONTRACT_VERSION } from '../../lib/agent-contract/primitives.ts';
import { IdentityResponse, JoinToken } from '../../lib/agent-contract/messages.ts';
import type { JoinRequest } from '../../lib/agent-contract/messages.ts';
import { messageOf } from '../../lib/runtime/error-message.ts';
import { AGENT_VERSION } from '../version.ts';
import type { StoredIdentity } from './identity.ts';
import { postJson, tlsOptions } from './request.ts';

const HANDSHAKE_DEADLINE_MS = 10_000;
const CHAIN_LENGTH_MAX = 8;

export interface ParsedToken {
  secret: string;
  /** SHA-256 of the authority's certificate (DER), lower-case hex. */
  fingerprint: string;
}

/** Takes a join token apart. Throws when it isn't one. */
export function parseJoinToken(token: string): ParsedToken {
  const trimmed = token.trim();
  const [, secret, fingerprint] = trimmed.split('.');
  if (!JoinToken.safeParse(trimmed).success || secret === undefined || fingerprint === undefined) {
    throw new Error(
      'This is not a join token: it looks like fj1.<secret>.<64 hex digits>. Copy the whole line that the controller printed.',
    );
  }
  return { secret, fingerprint };
}

const certificatePem = (der: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${(der.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END CERTIFICATE-----\n`;

/** All certificates that the server presented, leaf first. */
function presentedChain(socket: tls.TLSSocket): Buffer[] {
  const chain: Buffer[] = [];
  let at: tls.DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (at !== undefined && Buffer.isBuffer(at.raw) && chain.length < CHAIN_LENGTH_MAX) {
    chain.push(at.raw);
    at = at.issuerCertificate === at ? undefined : at.issuerCertificate;
  }
  return chain;
}

/**
 * Asks the server for its chain, sending nothing, and returns the certificate whose fingerprint was pinned. Nothing else of this
 * first, unverified connection is used.
 */
async function fetchPinnedAuthority(url: URL, serverName: string, fingerprint: string): Promise<string> {
  const socket = tls.connect({
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port === '' ? 443 : url.port),
    servername: net.isIP(serverName) === 0 ? serverName : '',
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
  });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve).once('error', reject);
      socket.setTimeout(HANDSHAKE_DEADLINE_MS, () => reject(new Error(`no TLS answer within ${HANDSHAKE_DEADLINE_MS / 1000} s`)));
    });
    const pinned = presentedChain(socket).find((der) => createHash('sha256').update(der).digest('hex') === fingerprint);
    if (pinned === undefined) {
      throw new Error(
        'The controller at this URL does not present the authority named in the token. Nothing was sent. Check the URL, and make sure that no proxy opens the TLS connection.',
      );
    }
    return certificatePem(pinned);
  } finally {
    socket.destroy();
  }
}

export interface JoinOptions {
  controllerUrl: string;
  /** Default: the host of the URL. */
  serverName: string | undefined;
  token: string;
  nodeName: string;
}

/**
 * Returns the identity to store. OpenSSL verifies the server's certificate against the pinned authority and `serverName` before the secret
 * leaves. @throws a sentence for the operator; RefusedError when the controller refused.
 */
export async function join(options: JoinOptions): Promise<StoredIdentity> {
  const { secret, fingerprint } = parseJoinToken(options.token);
  const url = new URL(options.controllerUrl);
  const serverName = options.serverName ?? url.hostname.replace(/^\[|\]$/g, '');
  const pinnedPem = await fetchPinnedAuthority(url, serverName, fingerprint);
  const { makeKeyAndRequest } = await import('./key-request.ts');
  const { privateKeyPem, csrPem } = await makeKeyAndRequest(options.nodeName);
  const request: JoinRequest = {
    contractVersion: CONTRACT_VERSION,
    token: secret,
    nodeName: options.nodeName,
    csrPem,
    instanceId: randomUUID(),
    agentVersion: AGENT_VERSION,
  };
  const agent = new https.Agent(tlsOptions({ caPem: pinnedPem, serverName }));
  try {
    const answer = await postJson(new URL('/v1/join', url), JSON.stringify(request), agent);
    return toStored(answer.body, { controllerUrl: url.origin, serverName, privateKeyPem });
  } finally {
    agent.destroy();
  }
}

/**
 * Checks the controller's answer against the key that was sent, and joins both.
 * @throws Error when the answer is no identity or the certificate is not over our key.
 */
export function toStored(body: unknown, own: { controllerUrl: string; serverName: string; privateKeyPem: string }): StoredIdentity {
  const parsed = IdentityResponse.safeParse(body);
  if (!parsed.success) throw new Error('The controller answered, but not with an identity. Are agent and controller of the same version?');
  const { identity, clusterSlug, nodeName, certificatePem: pem, caPem, commandKeyPem, generation, notAfter } = parsed.data;
  try {
    tls.createSecureContext({ cert: pem, key: own.privateKeyPem, ca: caPem });
    if (!(new X509Certificate(pem).subjectAltName ?? '').includes(`URI:${identity}`)) throw new Error(`it does not name ${identity}`);
  } catch (error) {
    throw new Error(`The controller sent a certificate that does not match: ${messageOf(error)}.`);
  }
  const key = commandKeyPem === undefined ? {} : { commandKeyPem };
  return { identity, clusterSlug, nodeName, generation, notAfter, certificatePem: pem, caPem, ...key, ...own };
}

/** Advice after a failed join, for the exit message. */
export function joinAdvice(error: unknown): string {
  const status = (error as { status?: number } | null)?.status;
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (status === 401 || status === 403 || status === 409)
    return 'Ask for a new join token for exactly this node name; a token works once and for 15 minutes.';
  if (status === 429) return 'Wait a minute, then try again with the same token.';
  if (status !== undefined && status >= 500) return 'Try again with the same token. If it persists, read the log of the controller.';
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'EHOSTUNREACH' || code === 'ETIMEDOUT') {
    return 'Check --controller, and that this host may reach the port of the agent gateway.';
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return "Give the name that the controller's certificate carries with --server-name.";
  return 'Nothing was stored. Fix the cause and run join again.';
}
