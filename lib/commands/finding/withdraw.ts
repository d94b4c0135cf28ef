import { z } from 'zod';
import { actorLabel } from '../../audit/append.ts';
import { endAcknowledgements } from '../../db/records/acknowledgements.ts';
import { Refusal, defineCommand } from '../define.ts';
import { findingOf } from '../objects.ts';

/** Takes an acknowledgement back: the finding counts again at once. */
export const withdrawAcknowledgement = defineCommand({
  name: 'finding.withdraw-acknowledgement',
  permission: 'finding.acknowledge',
  object: findingOf('This finding is not open any more.'),
  input: z.object({ findingId: z.uuid('it is not the id of a finding') }),
  run: async ({ tx, actor, at, found }, { findingId }) => {
    const { clusterId, code, nodeName, subject, clusterSlug } = found;
    const about = `finding:${clusterSlug}/${code}`;
    const ended = await endAcknowledgements(tx, { clusterId, code, nodeName, subject }, actorLabel(actor), at);
    if (ended === 0) throw new Refusal('This finding is not acknowledged (any more).', about);
    return { value: { ended }, audit: { subject: about, body: { findingId, node: nodeName, subject } } };
  },
});
