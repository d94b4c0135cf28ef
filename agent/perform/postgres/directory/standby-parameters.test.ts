import { expect, test } from 'vitest';
import { tooLow } from './standby-parameters.ts';

const text = (connections: number): string => `pg_control version number:            1300
max_connections setting:              ${connections}
max_worker_processes setting:         8
max_wal_senders setting:              10
max_prepared_xacts setting:           0
max_locks_per_xact setting:           64
`;
const own = (connections: number | null) => (name: string) =>
  ({
    max_connections: connections,
    max_worker_processes: 8,
    max_wal_senders: 10,
    max_prepared_transactions: 0,
    max_locks_per_transaction: 64,
  })[name] ?? null;

test.each([
  [100, 100, []],
  [100, 200, []],
  [130, 50, ['max_connections is 50 here and 130 in the WAL']],
  [130, null, null],
])('%i in the WAL, %s here', (there, here, found) => expect(tooLow(text(there), own(here))).toEqual(found));

test('a line that is missing: unknown, not enough', () => expect(tooLow('', own(100))).toBeNull());
