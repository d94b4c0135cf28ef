/** Finds a planned copy that is neither seen nor served by any upstream. */
import { text } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { noOperation } from '../../next-operation.ts';
import { copySeen } from '../../observability.ts';
import type { Said } from '../../rule.ts';
import { streamCause } from './stream-cause.ts';

export const standbyMissing: FindingKind<'standby-missing'> = {
  code: 'standby-missing',
  title: 'Expected standby is missing',
  impact: 'The cluster has fewer copies than planned.',
  likelyCauses: [
    'The host or PostgreSQL on it is down.',
    'Its agent was never enrolled.',
    'It was removed without being retired in Farshore.',
  ],
  nextAction:
    'Bring {node} back. Only if it is gone for good, retire it in Farshore and drop its slot on the upstream, which retains WAL for it.',
  subject: null,
  hysteresis: { openAfter: 5, of: 6, clearAfter: 5 },
  concludedFromSilence: true,
  isObservable: copySeen,
  explains: ['broken-stream'],
  cause: streamCause,
  groupedBy: 'occurrence',
  nextOperation: noOperation,
  clusterSentence: null,
  /** A copy that is planned, but neither seen itself nor served by any upstream. A standby that is seen has its own findings. */
  rule: ({ sightings, views, linksTo }) =>
    [...sightings.values()].flatMap((sighting): Said[] => {
      const { name, role, live } = sighting;
      const link = linksTo.get(name);
      const isServed = link !== undefined && link.state !== 'down' && link.state !== 'unknown';
      if (role === 'primary' || live !== null || isServed) return [];
      // While no upstream can be asked either, whether it still streams is unknown; that its agent is silent is a finding of its own.
      const upstream = sightings.get(link?.from ?? '');
      const neverSeen = sighting.node.latest === null;
      const isDown = sighting.fresh && sighting.observation?.server.state === 'stopped';
      if (!neverSeen && !isDown && upstream?.live == null) return [];
      const why = neverSeen
        ? 'no agent of it has reported'
        : isDown
          ? 'PostgreSQL is stopped there'
          : `${link!.from} lists no live stream to it`;
      return [
        {
          severity: 'warning',
          nodeName: name,
          subject: null,
          summary: `${name} is expected in this cluster, but ${why}.`,
          evidence: {
            lastSeen: { kind: 'instant', value: views.get(name)?.observedAt ?? null },
            upstream: text(link?.from ?? null),
            enrolled: text(sighting.node.enrolled ? 'yes' : 'no'),
          },
        },
      ];
    }),
};
