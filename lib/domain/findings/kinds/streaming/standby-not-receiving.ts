/** Finds a standby that receives no WAL. */
import { formatSeconds } from '../../../format/duration.ts';
import { formatBytes } from '../../../format/quantity.ts';
import { text, bytes, duration } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { URGENT } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { postgresSeen } from '../../observability.ts';
import { perNode } from '../../rule.ts';
import { leftBehindBy } from './left-behind.ts';
import { lostStream } from './stream-cause.ts';

export const standbyNotReceiving: FindingKind<'standby-not-receiving'> = {
  code: 'standby-not-receiving',
  title: 'Standby receives no WAL',
  impact: 'It falls further behind each second; a failover to it would lose that much. Its own lag figure may still say 0.',
  likelyCauses: [
    'primary_conninfo is wrong, or the password or certificate has expired.',
    'The network between the two is down, perhaps in one direction only.',
    'The upstream is down or has no free walsender or slot.',
    'The WAL that it needs has been removed.',
  ],
  nextAction:
    'On {node} read the newest “walreceiver” lines of the server log, and check `SELECT * FROM pg_stat_wal_receiver` and `SHOW primary_conninfo`. After a fix: `SELECT pg_reload_conf()`.',
  subject: null,
  hysteresis: URGENT,
  concludedFromSilence: false,
  isObservable: postgresSeen,
  explains: ['broken-stream', 'no-wal-received'],
  cause: (finding, look) => lostStream(finding, look) ?? look.awayUpstream(finding.nodeName),
  groupedBy: 'occurrence',
  nextOperation: noOperation,
  clusterSentence: null,
  rule: perNode((standby, context) => {
    const { name, live } = standby;
    const { views, linksTo } = context;
    const view = views.get(name);
    if (live === null || !live.inRecovery || view?.replication?.receiving !== false || leftBehindBy(standby, context) !== null) return [];
    const { lag, upstream } = view;
    const behind = lag.totalBytes === null ? '' : ` It is ${formatBytes(lag.totalBytes)} and ${formatSeconds(lag.seconds)} behind.`;
    return [
      {
        severity: 'critical',
        subject: null,
        summary: `${name} receives no WAL${upstream === null ? '' : ` from ${upstream}`}.${behind}`,
        evidence: {
          reason: text(view.stateReason ?? linksTo.get(name)?.stateReason ?? null),
          upstream: text(upstream),
          walReceiver: text(live.walReceiver?.status ?? 'none'),
          behindBytes: bytes(lag.totalBytes),
          behindFor: duration(lag.seconds === null ? null : lag.seconds * 1000),
        },
      },
    ];
  }),
};
