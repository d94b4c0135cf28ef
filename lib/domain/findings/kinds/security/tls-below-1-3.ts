/** Finds a stream with an old TLS version or a weak cipher. */
import { noCause } from '../../cause-look.ts';
import { text, count } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { DEBOUNCED } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { streamSeen } from '../../observability.ts';
import { perNode } from '../../rule.ts';

/** AES-128 and better. */
const CIPHER_BITS_MIN = 128;

export const tlsBelow13: FindingKind<'tls-below-1-3'> = {
  code: 'tls-below-1-3',
  title: 'Replication uses TLS below 1.3',
  impact: 'The stream is encrypted, but with less than the policy requires (TLS 1.3).',
  likelyCauses: ['ssl_max_protocol_version or ssl_min_protocol_version is set too low.', 'One side has an old OpenSSL.'],
  nextAction: "Set `ssl_min_protocol_version = 'TLSv1.3'` on both sides and reload; update OpenSSL where it is below 1.1.1.",
  subject: 'downstream',
  hysteresis: DEBOUNCED,
  concludedFromSilence: false,
  isObservable: streamSeen,
  explains: [],
  cause: noCause,
  groupedBy: 'code',
  nextOperation: noOperation,
  clusterSentence: null,
  rule: perNode(({ name, live }, { sightings }) =>
    (live?.downstreams ?? []).flatMap((row) => {
      if (row.tls === null || !sightings.has(row.applicationName)) return [];
      const isOld = row.tls.version !== 'TLSv1.3';
      if (!isOld && row.tls.bits >= CIPHER_BITS_MIN) return [];
      return [
        {
          severity: 'warning' as const,
          subject: row.applicationName,
          summary: `The stream from ${name} to ${row.applicationName} uses ${row.tls.version} with ${row.tls.cipher} (policy: TLSv1.3).`,
          evidence: { version: text(row.tls.version), cipher: text(row.tls.cipher), bits: count(row.tls.bits) },
        },
      ];
    }),
  ),
};
