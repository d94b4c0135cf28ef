/** Finds a stream that crosses the network unencrypted. */
import { noCause } from '../../cause-look.ts';
import { text } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { DEBOUNCED } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { streamSeen } from '../../observability.ts';
import type { Said } from '../../rule.ts';

export const tlsOff: FindingKind<'tls-off'> = {
  code: 'tls-off',
  title: 'Replication is not encrypted',
  impact: 'Everything written to this cluster crosses the network in clear text.',
  likelyCauses: ['sslmode in primary_conninfo is below require.', 'pg_hba.conf has a plain `host` line for replication.'],
  nextAction:
    'Set `sslmode=verify-full` in primary_conninfo on {node} and `hostssl` on its upstream, then `SELECT pg_reload_conf()` on both.',
  subject: 'upstream',
  hysteresis: DEBOUNCED,
  concludedFromSilence: false,
  isObservable: streamSeen,
  explains: [],
  cause: noCause,
  groupedBy: 'code',
  nextOperation: noOperation,
  clusterSentence: null,
  rule: ({ topology, sightings }) =>
    topology.links
      .filter(({ encrypted, from, to }) => encrypted === false && crossesNetwork(sightings.get(from)?.live?.downstreams, to))
      .map(({ from, to }): Said => {
        return {
          severity: 'critical',
          nodeName: to,
          subject: from,
          summary: `The stream from ${from} to ${to} is not encrypted.`,
          evidence: { upstream: text(from) },
        };
      }),
};

/** A stream over a Unix socket has no client address and needs no TLS. */
function crossesNetwork(
  downstreams: readonly { applicationName: string; clientAddress: string | null }[] | undefined,
  to: string,
): boolean {
  return downstreams?.some((row) => row.applicationName === to && row.clientAddress !== null) ?? false;
}
