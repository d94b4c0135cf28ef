/**
 * Runs the installation's own certificate authority: made at the first start, kept in `<FARSHORE_DIR>/pki`, trusted by agents only. Only
 * the controller can read its key; the web process never does.
 */
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { createHash, randomUUID } from 'node:crypto';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { keepKeyFile, readKeyFile } from './key-file.ts';
import { checkedPublicKey } from './signing-request.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const AUTHORITY_LIFE_MS = 10 * 365 * DAY_MS;
/** Short, because a stolen certificate that nobody noticed should soon be worth nothing (DESIGN §2). */
export const NODE_CERTIFICATE_LIFE_MS = 7 * DAY_MS;
export const SERVER_CERTIFICATE_LIFE_MS = 90 * DAY_MS;
/** A peer whose clock is a little behind must not refuse a certificate made a moment ago. */
const NOT_BEFORE_ALLOWANCE_MS = 10 * 60 * 1000;

const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNATURE_ALGORITHM = { name: 'ECDSA', hash: 'SHA-256' } as const;

export interface IssuedCertificate {
  certificatePem: string;
  fingerprintSha256: string;
  notAfter: Date;
}

export interface ServerCertificate extends IssuedCertificate {
  keyPem: string;
  notBefore: Date;
}

export interface Authority {
  /** The trust domain of this installation: the host part of every identity. */
  installId: string;
  caPem: string;
  /** SHA-256 of the authority's certificate (DER), hex: the pin inside a join token. */
  caFingerprint: string;
  /** `spiffe://<install>/node/<uuid>`. */
  identityOf(nodeUuid: string): string;
  /** Signs an agent's request for exactly this node; names inside the request are ignored. Throws SigningRequestError. */
  signNodeCertificate(csrPem: string, nodeUuid: string, now?: Date, lifeMs?: number): Promise<IssuedCertificate>;
  /** A fresh key and certificate for the gateway, valid for these DNS names and addresses. The key stays in memory. */
  issueServerCertificate(names: readonly string[], now?: Date): Promise<ServerCertificate>;
}

/** Opens the authority kept in `dir`, making it if there is none. Throws with a sentence when the directory can't be used. */
export async function openAuthority(dir: string, now: Date = new Date()): Promise<Authority> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await chmod(dir, 0o700);
  const file = join(dir, 'authority.pem');
  const stored = (await readKeyFile(file, "the authority's private key")) ?? (await makeAuthority(file, now));
  const certificate = new x509.X509Certificate(firstBlock(stored, 'CERTIFICATE', file));
  const signingKey = await importPrivateKey(firstBlock(stored, 'PRIVATE KEY', file));
  const caPem = `${certificate.toString('pem')}\n`;
  const installId = installIdOf(certificate, file);
  const identityOf = (nodeUuid: string): string => `spiffe://${installId}/node/${nodeUuid}`;

  return {
    installId,
    caPem,
    caFingerprint: sha256Hex(certificate.rawData),
    identityOf,
    async signNodeCertificate(csrPem, nodeUuid, at = new Date(), lifeMs = NODE_CERTIFICATE_LIFE_MS) {
      const publicKey = await checkedPublicKey(csrPem);
      const notAfter = new Date(at.getTime() + Math.min(lifeMs, NODE_CERTIFICATE_LIFE_MS));
      const issued = await x509.X509CertificateGenerator.create({
        serialNumber: serialNumber(),
        subject: `CN=${nodeUuid}`,
        issuer: certificate.subject,
        notBefore: new Date(at.getTime() - NOT_BEFORE_ALLOWANCE_MS),
        notAfter,
        publicKey,
        signingKey,
        signingAlgorithm: SIGNATURE_ALGORITHM,
        extensions: [
          ...leafExtensions(x509.ExtendedKeyUsage.clientAuth),
          new x509.SubjectAlternativeNameExtension([{ type: 'url', value: identityOf(nodeUuid) }]),
          await x509.AuthorityKeyIdentifierExtension.create(certificate),
        ],
      });
      return describe(issued);
    },
    async issueServerCertificate(names, at = new Date()) {
      const keys = await crypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
      const notBefore = new Date(at.getTime() - NOT_BEFORE_ALLOWANCE_MS);
      const issued = await x509.X509CertificateGenerator.create({
        serialNumber: serialNumber(),
        subject: 'CN=Farshore gateway',
        issuer: certificate.subject,
        notBefore,
        notAfter: new Date(at.getTime() + SERVER_CERTIFICATE_LIFE_MS),
        publicKey: keys.publicKey,
        signingKey,
        signingAlgorithm: SIGNATURE_ALGORITHM,
        extensions: [
          ...leafExtensions(x509.ExtendedKeyUsage.serverAuth),
          new x509.SubjectAlternativeNameExtension(names.map(generalName)),
          await x509.AuthorityKeyIdentifierExtension.create(certificate),
        ],
      });
      // The authority's certificate travels with the chain so that an agent with only a pinned fingerprint can check it.
      return {
        ...describe(issued),
        certificatePem: `${issued.toString('pem')}\n${caPem}`,
        keyPem: await exportPrivateKey(keys.privateKey),
        notBefore,
      };
    },
  };
}

/** True for text that `net.isIP` would call an address; certificates tell addresses and DNS names apart. */
function generalName(name: string): { type: 'ip' | 'dns'; value: string } {
  return { type: /^[0-9.]+$/.test(name) || name.includes(':') ? 'ip' : 'dns', value: name };
}

function leafExtensions(usage: x509.ExtendedKeyUsage): x509.Extension[] {
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([usage], true),
  ];
}

function describe(certificate: x509.X509Certificate): IssuedCertificate {
  return {
    certificatePem: `${certificate.toString('pem')}\n`,
    fingerprintSha256: sha256Hex(certificate.rawData),
    notAfter: certificate.notAfter,
  };
}

async function makeAuthority(file: string, now: Date): Promise<string> {
  const installId = randomUUID();
  const keys = await crypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=Farshore authority ${installId.slice(0, 8)}, O=Farshore`,
    notBefore: new Date(now.getTime() - NOT_BEFORE_ALLOWANCE_MS),
    notAfter: new Date(now.getTime() + AUTHORITY_LIFE_MS),
    keys,
    signingAlgorithm: SIGNATURE_ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      new x509.SubjectAlternativeNameExtension([{ type: 'url', value: `spiffe://${installId}` }]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const text = `${await exportPrivateKey(keys.privateKey)}${certificate.toString('pem')}\n`;
  return await keepKeyFile(file, text);
}

function firstBlock(pem: string, label: string, file: string): string {
  const found = new RegExp(`-----BEGIN ${label}-----[\\s\\S]+?-----END ${label}-----`).exec(pem);
  if (!found) throw new Error(`${file} holds no ${label}. Restore it from a backup: without it every agent has to join again.`);
  return found[0];
}

function installIdOf(certificate: x509.X509Certificate, file: string): string {
  const names = certificate.getExtension(x509.SubjectAlternativeNameExtension)?.names.toJSON() ?? [];
  const installId = names.map((name) => /^spiffe:\/\/([0-9a-f-]{36})$/.exec(name.value)?.[1]).find((id) => id !== undefined);
  if (installId === undefined) throw new Error(`${file} was not made by Farshore: it has no spiffe:// name of an installation.`);
  return installId;
}

async function exportPrivateKey(key: CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`;
}

async function importPrivateKey(pem: string): Promise<CryptoKey> {
  const der = x509.PemConverter.decodeFirst(pem);
  return await crypto.subtle.importKey('pkcs8', der, KEY_ALGORITHM, false, ['sign']);
}

function sha256Hex(bytes: ArrayBuffer): string {
  return createHash('sha256').update(new Uint8Array(bytes)).digest('hex');
}

/** 127 random bits: positive, and never guessable or repeated. */
function serialNumber(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = (bytes[0] ?? 0) & 0x7f || 0x01;
  return Buffer.from(bytes).toString('hex');
}
