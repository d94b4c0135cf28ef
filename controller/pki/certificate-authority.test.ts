import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { X509Certificate, randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openAuthority } from './certificate-authority.ts';
import { renewalDue } from './gateway-certificate.ts';

type KeyParams = EcKeyGenParams | RsaHashedKeyGenParams | { name: 'Ed25519' };
const P256: KeyParams & { hash: string } = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const rsa = (bits: number): KeyParams => ({
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: bits,
});

async function signingRequest(params: KeyParams, options: { signedByAnotherKey?: boolean } = {}): Promise<string> {
  const make = async () => (await crypto.subtle.generateKey(params as EcKeyGenParams, true, ['sign', 'verify'])) as CryptoKeyPair;
  const keys = await make();
  const other = options.signedByAnotherKey ? await make() : keys;
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=another-node',
    keys: { publicKey: keys.publicKey, privateKey: other.privateKey },
    signingAlgorithm: params as EcdsaParams,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'url', value: 'spiffe://elsewhere/node/another' }])],
  });
  return request.toString('pem');
}

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'farshore-pki-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

describe('authority', () => {
  test('two controllers that start together get the same one, and a later start finds it again', async () => {
    const [one, two] = await Promise.all([openAuthority(join(dir, 'pki')), openAuthority(join(dir, 'pki'))]);
    const later = await openAuthority(join(dir, 'pki'));
    expect(two.caFingerprint).toBe(one.caFingerprint);
    expect(later.caFingerprint).toBe(one.caFingerprint);
    expect(later.installId).toBe(one.installId);
    expect((await stat(join(dir, 'pki'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(dir, 'pki/authority.pem'))).mode & 0o777).toBe(0o600);
  });

  test('refuses a key that others can read, and says how to fix it', async () => {
    await openAuthority(dir);
    await chmod(join(dir, 'authority.pem'), 0o644);
    await expect(openAuthority(dir)).rejects.toThrow(/chmod 600/);
  });

  test('a node certificate carries exactly the node’s identity, not what the request says', async () => {
    const authority = await openAuthority(dir);
    const uuid = randomUUID();
    const issued = await authority.signNodeCertificate(await signingRequest(P256), uuid);
    const certificate = new X509Certificate(issued.certificatePem);
    expect(certificate.subjectAltName).toBe(`URI:spiffe://${authority.installId}/node/${uuid}`);
    expect(certificate.subject).toBe(`CN=${uuid}`);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(certificate.ca).toBe(false);
    expect(certificate.fingerprint256.replaceAll(':', '').toLowerCase()).toBe(issued.fingerprintSha256);
    const ca = new X509Certificate(authority.caPem);
    expect(certificate.verify(ca.publicKey)).toBe(true);
    expect(ca.fingerprint256.replaceAll(':', '').toLowerCase()).toBe(authority.caFingerprint);
    expect(issued.notAfter.getTime() - Date.now()).toBeLessThanOrEqual(7 * 24 * 3600 * 1000);
  });

  test('a server certificate names DNS names and addresses for what they are', async () => {
    const issued = await (await openAuthority(dir)).issueServerCertificate(['control.example', '127.0.0.1', '::1']);
    const certificate = new X509Certificate(issued.certificatePem);
    expect(certificate.checkHost('control.example')).toBe('control.example');
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(certificate.checkIP('::1')).toBe('::1');
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  });

  test('accepts strong keys only, and only from their holder', async () => {
    const authority = await openAuthority(dir);
    for (const params of [P256, { name: 'Ed25519' } as const, rsa(2048)]) {
      await expect(authority.signNodeCertificate(await signingRequest(params), randomUUID())).resolves.toBeDefined();
    }
    const weak: KeyParams[] = [rsa(1024), { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' } as EcKeyGenParams];
    for (const params of weak) {
      await expect(authority.signNodeCertificate(await signingRequest(params), randomUUID())).rejects.toThrow(/use ECDSA P-256/);
    }
    const stolen = await signingRequest(P256, { signedByAnotherKey: true });
    await expect(authority.signNodeCertificate(stolen, randomUUID())).rejects.toThrow(/not signed by the key/);
    await expect(authority.signNodeCertificate('rubbish', randomUUID())).rejects.toThrow(/cannot be read/);
  });
});

test('the gateway renews its certificate at half of its life', () => {
  const certificate = { notBefore: new Date(0), notAfter: new Date(1000) };
  expect(renewalDue(certificate, 499)).toBe(false);
  expect(renewalDue(certificate, 500)).toBe(true);
});
