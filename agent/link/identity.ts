/** Stores this agent's key, certificate and authority in one file that is replaced as a whole. The key never leaves the host. */
import path from 'node:path';
import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { readJsonFile, writeFileAtomically } from '../journal/atomic-file.ts';

const StoredIdentity = z.object({
  identity: z.string(),
  clusterSlug: z.string(),
  nodeName: z.string(),
  controllerUrl: z.string(),
  /** The name that the controller's certificate must carry. */
  serverName: z.string(),
  generation: z.number().int(),
  notAfter: z.string(),
  certificatePem: z.string(),
  privateKeyPem: z.string(),
  caPem: z.string(),
  /** The key that commands are signed with. An identity from before there were commands has none. */
  commandKeyPem: z.string().optional(),
});
export type StoredIdentity = z.infer<typeof StoredIdentity>;

const identityFile = (stateDirectory: string): string => path.join(stateDirectory, 'identity.json');

/** The stored identity; `null` when the agent has not joined. Throws when the file can't be read (permissions). */
export function loadIdentity(stateDirectory: string): StoredIdentity | null {
  const parsed = StoredIdentity.safeParse(readJsonFile(identityFile(stateDirectory)));
  return parsed.success ? parsed.data : null;
}

/** Replaces the identity at once: key and certificate can never be of two kinds. Mode 600. */
export function storeIdentity(stateDirectory: string, identity: StoredIdentity): void {
  writeFileAtomically(identityFile(stateDirectory), `${JSON.stringify(identity, null, 2)}\n`, 0o600);
}

/** Validity of the certificate, in milliseconds since the epoch. */
export function certificateLife(identity: StoredIdentity): { notBeforeMs: number; notAfterMs: number } {
  const certificate = new X509Certificate(identity.certificatePem);
  return { notBeforeMs: Date.parse(certificate.validFrom), notAfterMs: Date.parse(certificate.validTo) };
}

/** When to renew: at half of the certificate's life. */
export function renewalDueAtMs(identity: StoredIdentity): number {
  const { notBeforeMs, notAfterMs } = certificateLife(identity);
  return notBeforeMs + (notAfterMs - notBeforeMs) / 2;
}
