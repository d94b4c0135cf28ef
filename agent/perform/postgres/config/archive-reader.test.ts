import { describe, expect, test } from 'vitest';
import { whyForeignArchive } from './archive-reader.ts';

const BACKUP = { stanza: 'payments', config: '/home/node/pgbackrest.conf', command: '/usr/bin/pgbackrest' };
const CALL = 'pgbackrest --config=/home/node/pgbackrest.conf --stanza=payments archive-get %f "%p"';

describe('what restore_command reads from', () => {
  test.each([
    CALL,
    `/usr/bin/${CALL}`,
    `nice ${CALL}`,
    `nice -n 10 ${CALL}`,
    `/usr/bin/nice -n5 /usr/bin/${CALL}`,
    `${CALL} --log-level-console=warn --process-max=4 --archive-async`,
    "/usr/bin/pgbackrest '--config=/home/node/pgbackrest.conf' --stanza=payments archive-get %f '%p'",
  ])('the node’s own repository: %s', (command) => expect(whyForeignArchive(command, BACKUP)).toBeNull());

  test('pgBackRest’s own default configuration need not be named', () => {
    const backup = { ...BACKUP, config: '/etc/pgbackrest/pgbackrest.conf' };
    expect(whyForeignArchive('pgbackrest --stanza=payments archive-get %f "%p"', backup)).toBeNull();
    expect(whyForeignArchive('pgbackrest --stanza=payments archive-get %f "%p"', BACKUP)).toMatch(/another configuration/);
  });

  test.each([
    ['cp /archive/%f %p', /not a plain call/],
    [`${CALL} || cp /archive/%f %p`, /not a plain call/],
    [`PGBACKREST_REPO=2 ${CALL}`, /not a plain call/],
    [CALL.replace('archive-get', 'archive-push'), /not a plain call/],
    [CALL.replace('payments', 'ledger'), /does not name the stanza payments/],
    [CALL.replace('/home/node', '/home/other'), /another configuration/],
    [`${CALL} --repo=2`, /“--repo=2”/],
    [`${CALL} --pg1-path=/elsewhere`, /“--pg1-path=\/elsewhere”/],
  ])('unknown: %s', (command, why) => expect(whyForeignArchive(command, BACKUP)).toMatch(why));

  test('without a repository of the agent nothing is known', () => {
    expect(whyForeignArchive(CALL, { command: '/usr/bin/pgbackrest' })).toMatch(/knows no backup repository/);
  });
});
