/** The operation whose plan is the next safe action of a finding, where there is one. Pure. */
import type { Finding } from '../../lib/domain/findings/model.ts';
import { planPath } from '../operations/request-params.ts';
import { KIND } from '../operations/words.ts';

export interface NextOperation {
  label: string;
  href: string;
}

/** A plan changes nothing: it says what would be done, and what stands in its way. `null` = no operation mends this. */
export function nextOperation(
  { code, nodeName, evidence }: Pick<Finding, 'code' | 'nodeName' | 'evidence'>,
  slug: string,
): NextOperation | null {
  if (nodeName === null) return null;
  const revert = { label: KIND.reversion.link, href: planPath(slug, { kind: 'reversion', target: nodeName }) };
  switch (code) {
    case 'standby-left-behind': {
      const { primary, timeline, timelineOfPrimary } = evidence;
      // A standby that is on a later timeline than the primary holds another history: no re-parenting can mend that.
      if (isMore(timeline?.value, timelineOfPrimary?.value) || typeof primary?.value !== 'string') return revert;
      return { label: KIND['re-parent'].link, href: planPath(slug, { kind: 're-parent', target: nodeName, upstream: primary.value }) };
    }
    case 'server-not-running':
      return evidence['fencedSince'] === undefined ? null : revert;
    case 'timeline-fork':
    case 'directory-unusable':
      return revert;
    default:
      return null;
  }
}

const isMore = (a: unknown, b: unknown): boolean => typeof a === 'number' && typeof b === 'number' && a > b;
