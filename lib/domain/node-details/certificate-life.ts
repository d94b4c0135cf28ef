/** Judges how near a certificate is to its end, once for the findings and for the node's page. */
import type { Severity } from '../findings/model.ts';

const DAY_MS = 24 * 3_600_000;
const WARNING_MS = 30 * DAY_MS;
const CRITICAL_MS = 7 * DAY_MS;
/** Agents' certificates live a week and renew themselves at half of it: only a failed renewal comes this near. */
const AGENT_WARNING_MS = DAY_MS;

/** With less than this left it becomes a finding. */
export const certificateLimitMs = (purpose: 'server' | 'server-ca' | 'agent'): number =>
  purpose === 'agent' ? AGENT_WARNING_MS : WARNING_MS;

/** `null` = long enough. `leftMs` is negative once it has expired. */
export function urgencyOfCertificate(
  purpose: 'server' | 'server-ca' | 'agent',
  leftMs: number,
): Extract<Severity, 'critical' | 'warning'> | null {
  const isAgents = purpose === 'agent';
  if (leftMs >= certificateLimitMs(purpose)) return null;
  return leftMs < (isAgents ? 0 : CRITICAL_MS) ? 'critical' : 'warning';
}
