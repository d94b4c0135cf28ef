import { z } from 'zod';
import { actorLabel } from '../../audit/append.ts';
import { endAcknowledgements, insertAcknowledgement } from '../../db/records/acknowledgements.ts';
import { isUniqueViolation } from '../../db/ground/prisma.ts';
import { ACKNOWLEDGED_HOURS_MAX } from '../../domain/findings/acknowledgement.ts';
import { Refusal, defineCommand } from '../define.ts';
import { displayText } from '../names.ts';
import { findingOf } from '../objects.ts';

const REASON_LENGTH_MIN = 5;
const REASON_LENGTH_MAX = 500;
const HOUR_MS = 3_600_000;

/** Says that a finding is known and may wait, why, and until when. It stays visible; after the expiry it counts again. */
export const acknowledgeFinding = defineCommand({
  name: 'finding.acknowledge',
  permission: 'finding.acknowledge',
  object: findingOf('This finding is not open any more, so that there is nothing to acknowledge.'),
  input: z.object({
    findingId: z.uuid('it is not the id of a finding'),
    reason: displayText('the reason', REASON_LENGTH_MAX).min(REASON_LENGTH_MIN, `say why in at least ${REASON_LENGTH_MIN} characters`),
    hours: z
      .number()
      .positive()
      .max(ACKNOWLEDGED_HOURS_MAX, `a finding can be acknowledged for ${ACKNOWLEDGED_HOURS_MAX / 24} days at most`),
  }),
  run: async ({ tx, actor, at, found }, { findingId, reason, hours }) => {
    const { clusterSlug, ...thing } = found;
    const { clusterId, code, nodeName, subject } = thing;
    const by = actorLabel(actor);
    const about = `finding:${clusterSlug}/${code}`;
    const expiresAt = new Date(at.getTime() + hours * HOUR_MS);
    const replaced = await endAcknowledgements(tx, { clusterId, code, nodeName, subject }, by, at);
    try {
      const { id } = await insertAcknowledgement(tx, { ...thing, reason, by, at, expiresAt });
      const body = { findingId, node: nodeName, subject, severity: thing.severity, reason, expiresAt: expiresAt.toISOString(), replaced };
      return { value: { id, expiresAt }, audit: { subject: about, body } };
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw new Refusal('Somebody acknowledged this finding at the same moment. Look at it again.', about);
    }
  },
});
