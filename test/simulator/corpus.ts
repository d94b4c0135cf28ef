/** Keeps the runs that found each planted fault: tried first, before anything is searched again. */
import type { Bug } from './bugs.ts';

export interface Finder {
  story: string;
  seed: number;
}

export const FOUND_BY: Readonly<Record<Bug, readonly Finder[]>> = {
  'no-term-check': [
    { story: 'failover, payments', seed: 1 },
    { story: 'failover, payments', seed: 4 },
    { story: 'failover, payments', seed: 5 },
  ],
  'forgets-what-it-did': [
    { story: 'switchover, payments', seed: 1 },
    { story: 'switchover, payments', seed: 2 },
    { story: 'switchover, payments', seed: 3 },
  ],
  'no-guard': [
    { story: 'failover, payments', seed: 1 },
    { story: 'failover, payments', seed: 4 },
    { story: 'failover, payments', seed: 5 },
  ],
  'promote-before-fence': [
    { story: 'switchover, payments', seed: 1 },
    { story: 'switchover, payments', seed: 2 },
    { story: 'switchover, payments', seed: 3 },
  ],
  'no-wait-for-wal': [
    { story: 'switchover, payments', seed: 24 },
    { story: 'switchover, payments', seed: 27 },
  ],
  'first-candidate': [{ story: 'failover, ledger', seed: 4 }],
  'assumes-success': [
    { story: 'failover, payments', seed: 1 },
    { story: 'failover, ledger', seed: 9 },
    { story: 'switchover to the cascading standby, payments', seed: 15 },
  ],
  'done-before-effect': [
    { story: 'failover, payments', seed: 1 },
    { story: 'failover, payments', seed: 2 },
    { story: 'failover, payments', seed: 3 },
  ],
  'half-is-done': [
    { story: 'reversion, payments', seed: 1 },
    { story: 'reversion, payments', seed: 9 },
    { story: 'reversion, payments', seed: 11 },
  ],
  'ledger-after-rewind': [
    { story: 'reversion, payments', seed: 1 },
    { story: 'reversion, payments', seed: 2 },
    { story: 'reversion, payments', seed: 3 },
  ],
};
