/** Finds certificates that expire soon, or have expired. */
import { formatDuration } from '../../../format/duration.ts';
import { certificateLimitMs, urgencyOfCertificate } from '../../../node-details/certificate-life.ts';
import { noCause } from '../../cause-look.ts';
import { text } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { DEBOUNCED } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { factsSeen } from '../../observability.ts';
import { perFacts } from '../../rule.ts';

export const certificateExpiring: FindingKind<'certificate-expiring'> = {
  code: 'certificate-expiring',
  title: 'Certificate expires soon',
  impact: 'After that, standbys (or the agent) can’t connect: slots become inactive and WAL accumulates.',
  likelyCauses: ['It was not renewed.', 'Automatic renewal fails.'],
  nextAction: 'Renew the {subject} certificate on {node}; PostgreSQL loads a new server certificate on `SELECT pg_reload_conf()`.',
  subject: 'certificate',
  hysteresis: DEBOUNCED,
  concludedFromSilence: false,
  isObservable: factsSeen,
  explains: [],
  cause: noCause,
  groupedBy: 'code',
  nextOperation: noOperation,
  clusterSentence: null,
  rule: perFacts((facts, { name }, { nowMs }) =>
    facts.certificates.flatMap((certificate) => {
      const leftMs = Date.parse(certificate.notAfter) - nowMs;
      const severity = urgencyOfCertificate(certificate.purpose, leftMs);
      if (severity === null) return [];
      const when =
        leftMs < 0
          ? `expired ${formatDuration(-leftMs)} ago`
          : `expires in ${formatDuration(leftMs)} (limit ${formatDuration(certificateLimitMs(certificate.purpose))})`;
      return [
        {
          severity,
          subject: certificate.purpose,
          summary: `The ${certificate.purpose} certificate of ${name} ${when}.`,
          evidence: { notAfter: { kind: 'instant', value: certificate.notAfter }, certificate: text(certificate.subject) },
        },
      ];
    }),
  ),
};
