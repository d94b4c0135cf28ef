/** Checks an agent's certificate signing request before anything is signed. */
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

const RSA_BITS_MIN = 2048;
/** Larger keys only make each handshake expensive for the gateway. */
const RSA_BITS_MAX = 4096;

/** The request can't be signed; the message says why, in a sentence for the person who runs `join`. */
export class SigningRequestError extends Error {
  override name = 'SigningRequestError';
}

/**
 * The public key of a request that proves possession of its private key (its own signature verifies) and is strong enough.
 * Every name and extension in the request is ignored: who the node is comes from the token or the certificate in use.
 */
export async function checkedPublicKey(csrPem: string): Promise<x509.PublicKey> {
  let request: x509.Pkcs10CertificateRequest;
  let proven: boolean;
  try {
    request = new x509.Pkcs10CertificateRequest(csrPem);
    assertStrongKey(request.publicKey);
    proven = await request.verify();
  } catch (error) {
    if (error instanceof SigningRequestError) throw error;
    throw new SigningRequestError('The certificate signing request cannot be read. Send a PKCS #10 request in PEM form.', {
      cause: error,
    });
  }
  if (!proven) {
    throw new SigningRequestError(
      'The certificate signing request is not signed by the key that it carries. Make it again with the agent’s own key.',
    );
  }
  return request.publicKey;
}

function assertStrongKey(key: x509.PublicKey): void {
  const algorithm = key.algorithm as { name: string; namedCurve?: string; modulusLength?: number };
  const bits = algorithm.modulusLength ?? 0;
  const strong =
    (algorithm.name === 'ECDSA' && algorithm.namedCurve === 'P-256') ||
    algorithm.name === 'Ed25519' ||
    (algorithm.name.startsWith('RSA') && bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX);
  if (strong) return;
  const found = [algorithm.name, algorithm.namedCurve ?? (bits > 0 ? `${bits} bit` : '')].join(' ').trim();
  throw new SigningRequestError(
    `The key of the request is ${found}; use ECDSA P-256, Ed25519, or RSA of ${RSA_BITS_MIN} to ${RSA_BITS_MAX} bit.`,
  );
}
