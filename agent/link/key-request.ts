/** Creates the agent's key and the request for a certificate over it. Loaded only when an agent joins or renews. */
import { webcrypto } from 'node:crypto';
import 'reflect-metadata';
import { Pkcs10CertificateRequestGenerator, cryptoProvider } from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** The library names the browser's types; the agent is compiled without them. */
type RequestParams = Parameters<typeof Pkcs10CertificateRequestGenerator.create>[0];

export interface KeyAndRequest {
  privateKeyPem: string;
  csrPem: string;
}

/** PKCS #8 PEM. */
function toPem(der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`;
}

/** Makes an ECDSA P-256 key and a signed request with `CN=<nodeName>`; the authority decides what stands in the certificate. */
export async function makeKeyAndRequest(nodeName: string): Promise<KeyAndRequest> {
  // The same object, once as Node's type and once as the browser's.
  const provider: unknown = webcrypto;
  cryptoProvider.set(provider as never);
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [nodeName] }],
    keys: keys as unknown as RequestParams['keys'],
    signingAlgorithm: ALGORITHM,
  });
  return { privateKeyPem: toPem(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)), csrPem: request.toString('pem') };
}
