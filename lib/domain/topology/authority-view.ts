/** Reduces an agent's authority to what screens show. */
import type { Observation } from '../../agent-contract/observation.ts';
import type { NodeAuthorityView } from './model.ts';

/** `null` = nothing was ever reported. An agent that reports none is installed to watch only. */
export function authorityView(observation: Observation | null): NodeAuthorityView | null {
  if (observation === null) return null;
  const authority = observation.authority ?? null;
  if (authority === null) {
    return { control: 'observes', obstacles: [], termSeen: null, role: null, fenced: null, unusable: null, performing: [] };
  }
  return {
    control: authority.obstacles.length === 0 ? 'acts' : 'unable',
    obstacles: authority.obstacles,
    termSeen: authority.termSeen,
    role: authority.role,
    fenced: authority.fenced,
    unusable: authority.unusable,
    performing: authority.performing.map(({ verb }) => verb),
  };
}
