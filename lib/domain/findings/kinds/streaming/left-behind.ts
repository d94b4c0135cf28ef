/** Tells whether a standby still follows a node that led before. */
import type { Sighting } from '../../../topology/sighting.ts';
import type { RuleContext } from '../../rule.ts';

/** The present primary, when this standby still looks at a node that led before it; else `null`. */
export function leftBehindBy({ name, live }: Sighting, { views, sightings, primary, input }: RuleContext): string | null {
  const view = views.get(name);
  if (live === null || !live.inRecovery || view?.replication?.receiving !== false || primary === null) return null;
  const upstream = sightings.get(view.upstream ?? '');
  if (upstream === undefined || upstream.name === primary.name || input.leadership === null) return null;
  const authority = upstream.observation?.authority ?? null;
  const hasLed = authority?.role === 'fenced' || (authority?.leaderTerm != null && authority.leaderTerm < input.leadership.term);
  return hasLed && input.leadership.holder !== upstream.name ? primary.name : null;
}
