/** The lab's own certificate authority: one root, a server certificate for each node and pooler, a client certificate for each node. */
import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { X509Certificate } from '@peculiar/x509';

const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const AUTHORITY_DAYS = 365;
const CERTIFICATE_DAYS = 90;
/** Machines disagree a little about the time. */
const BACKDATED_MS = 5 * 60_000;
const DAY_MS = 86_400_000;

export interface KeyAndCertificate {
  keyPem: string;
  certificatePem: string;
}

export interface Authority {
  caPem: string;
  issue(subject: {
    commonName: string;
    dnsNames: readonly string[];
    addresses: readonly string[];
    use: 'server' | 'client';
  }): Promise<KeyAndCertificate>;
}

const serial = (): string => `01${randomBytes(15).toString('hex')}`;

const newKeys = (): Promise<CryptoKeyPair> =>
  webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']) as Promise<CryptoKeyPair>;

async function keyPem(key: CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key as webcrypto.CryptoKey));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`;
}

function validity(days: number): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - BACKDATED_MS), notAfter: new Date(now + days * DAY_MS) };
}

/** Makes a new authority. Its key stays in memory: nothing needs to sign once the lab is up. */
export async function createAuthority(name: string): Promise<Authority> {
  const keys = await newKeys();
  const root = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: `CN=${name}`,
    ...validity(AUTHORITY_DAYS),
    signingAlgorithm: KEY_ALGORITHM,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {
    caPem: `${root.toString('pem')}\n`,
    issue: (subject) => issue(root, keys.privateKey, subject),
  };
}

async function issue(root: X509Certificate, signingKey: CryptoKey, subject: Parameters<Authority['issue']>[0]): Promise<KeyAndCertificate> {
  const keys = await newKeys();
  const names = [
    ...subject.dnsNames.map((value) => ({ type: 'dns' as const, value })),
    ...subject.addresses.map((value) => ({ type: 'ip' as const, value })),
  ];
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: `CN=${subject.commonName}`,
    issuer: root.subject,
    ...validity(CERTIFICATE_DAYS),
    signingAlgorithm: KEY_ALGORITHM,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([subject.use === 'server' ? ExtendedKeyUsage.serverAuth : ExtendedKeyUsage.clientAuth]),
      ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : []),
    ],
  });
  return { keyPem: await keyPem(keys.privateKey), certificatePem: `${certificate.toString('pem')}\n` };
}
