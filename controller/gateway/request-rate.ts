/** Sets how often agents may ask. */
import type { RateLimit } from '../../lib/domain/policy/request-rate.ts';

/** An agent sends about one request a second, and a few a second while it back-fills. */
export const NODE_RATE: RateLimit = { perSecond: 10, burst: 40 };
/** While it performs, an agent asks again after each answer, sends a result a step and tells its progress once a second. */
export const COMMAND_RATE: RateLimit = { perSecond: 50, burst: 200 };
/** Joins come without identity, so all of them share one bucket; a fleet of hundreds may join at once, guessing may not. */
export const JOIN_RATE: RateLimit = { perSecond: 20, burst: 400 };
