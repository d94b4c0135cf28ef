/** The one row about this installation: what agents need to find and trust it. Public facts only. */
import type { Queryable } from './pool.ts';

export interface Installation {
  /** SHA-256 (hex) of the certificate of the authority. */
  caFingerprint: string;
  gatewayUrl: string;
  gatewayNames: string[];
  createdAt: Date;
  updatedAt: Date;
}

/** Written by each controller at its start; of several, the last one that started holds. */
export async function recordInstallation(
  client: Queryable,
  { caFingerprint, gatewayUrl, gatewayNames }: Pick<Installation, 'caFingerprint' | 'gatewayUrl' | 'gatewayNames'>,
  at: Date,
): Promise<void> {
  await client.query(
    `INSERT INTO installation (id, ca_fingerprint, gateway_url, gateway_names, created_at, updated_at) VALUES (1, $1, $2, $3, $4, $4)
     ON CONFLICT (id) DO UPDATE SET ca_fingerprint = excluded.ca_fingerprint, gateway_url = excluded.gateway_url,
       gateway_names = excluded.gateway_names, updated_at = excluded.updated_at`,
    [caFingerprint, gatewayUrl, gatewayNames, at],
  );
}

/** `null` before the first controller has started. */
export async function readInstallation(client: Queryable): Promise<Installation | null> {
  const { rows } = await client.query<Installation>(
    `SELECT ca_fingerprint AS "caFingerprint", gateway_url AS "gatewayUrl", gateway_names AS "gatewayNames", created_at AS "createdAt",
            updated_at AS "updatedAt" FROM installation WHERE id = 1`,
  );
  return rows[0] ?? null;
}
