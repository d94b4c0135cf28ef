import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Certificate, Setting } from '../../../lib/agent-contract/facts.ts';
import type { StoredIdentity } from '../../link/identity.ts';

const CERTIFICATES_PER_FILE_MAX = 5;
const PEM_BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

const describe = (purpose: Certificate['purpose'], pem: string): Certificate => {
  const certificate = new X509Certificate(pem);
  const subject = certificate.subject?.replaceAll('\n', ', ').slice(0, 512) ?? '';
  return { purpose, subject, notAfter: new Date(certificate.validTo).toISOString() };
};

async function inFile(purpose: Certificate['purpose'], dataDirectory: string, file: string): Promise<Certificate[]> {
  try {
    const pem = await readFile(path.resolve(dataDirectory, file), 'utf8');
    const blocks = (pem.match(PEM_BLOCK) ?? []).slice(0, purpose === 'server' ? 1 : CERTIFICATES_PER_FILE_MAX);
    return blocks.map((block) => describe(purpose, block));
  } catch {
    // Not readable for this user, or no PEM: nothing is known about it.
    return [];
  }
}

/** Certificates of the server (when TLS is on), of its authority, and the agent's own. What can't be read is left out. */
export async function readCertificates(
  settings: readonly Setting[] | null,
  dataDirectory: string | null,
  identity: StoredIdentity | null,
): Promise<Certificate[]> {
  const value = (name: string): string => settings?.find((setting) => setting.name === name)?.value ?? '';
  const own = identity === null ? [] : [describe('agent', identity.certificatePem)];
  if (value('ssl') !== 'on' || dataDirectory === null) return own;
  const server = value('ssl_cert_file') === '' ? [] : await inFile('server', dataDirectory, value('ssl_cert_file'));
  const authority = value('ssl_ca_file') === '' ? [] : await inFile('server-ca', dataDirectory, value('ssl_ca_file'));
  return [...server, ...authority, ...own];
}
