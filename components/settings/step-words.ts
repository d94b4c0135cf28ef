import type { EnrolmentStep } from '../../lib/domain/enrolment/progress.ts';

/** How far a node is, in a few words. */
export const STEP_WORD: Record<EnrolmentStep, string> = {
  'no-token': 'registered only',
  waiting: 'waiting for the agent to join',
  'token-expired': 'join token expired',
  locked: 'identity locked',
  'joined-silent': 'joined, no report yet',
  silent: 'agent silent',
  'postgres-trouble': 'PostgreSQL can’t be read',
  observed: 'observed',
};
