import { describe, expect, test } from 'vitest';
import { MB, P, S, away, busy, idleSlot, pg, server, setting, volumes, change } from '../../../test/builders/incidents.ts';
import { NOW_MS, aClusterInput, aSlot, evaluated, iso, someFacts } from '../../../test/builders/index.ts';
import { ruleContext } from '../findings/rule.ts';
import type { ClusterInput } from '../topology/inputs.ts';
import { describeFinding } from '../findings/catalogue.ts';
import { evaluateFindings } from '../findings/evaluate.ts';
import { slotBoard } from './board.ts';
import { forecastOf } from './forecast.ts';
import { formatSettingMegabytes, parseSettingMegabytes } from './setting-bytes.ts';

/** The board as the page gets it, with what one evaluation finds as the open findings. */
function board(input: ClusterInput) {
  const { topology, rpo } = evaluated(input);
  const findings = evaluateFindings(input, topology, rpo, NOW_MS).map((said, index) => describeFinding(said, `f${index}`, NOW_MS));
  return slotBoard(ruleContext(input, topology, rpo, NOW_MS), findings);
}
const nodeOfBoard = (input: ClusterInput, name = P) => board(input).nodes.find((node) => node.name === name)!;
const slotOf = (input: ClusterInput, slot = 'rax_dfw_a') => nodeOfBoard(input).slots.find(({ name }) => name === slot)!;
const keep = (value: string, input = aClusterInput()) =>
  change(P, (node) => ({ ...node, facts: someFacts(setting('max_slot_wal_keep_size', value)) }), input);

describe('a forecast says why it has no minutes', () => {
  test.each([
    [null, 5000, { kind: 'unknown' }],
    [MB, null, { kind: 'unknown' }],
    [0, 5000, { kind: 'now' }],
    [-5, null, { kind: 'now' }],
    [MB, 1023, { kind: 'idle' }],
    [60 * MB, MB, { kind: 'minutes', minutes: 1 }],
  ])('%s bytes at %s B/s', (raise, rate, forecast) => expect(forecastOf(raise, rate)).toEqual(forecast));
});

describe('sizes as settings print them', () => {
  test.each([
    ['384MB', 384 * MB],
    ['-1', -1],
    ['2GB', 2048 * MB],
    ['64', 64 * MB],
    ['512kB', MB / 2],
    ['lots', null],
    [null, null],
  ])('%s', (text, bytes) => expect(parseSettingMegabytes(text)).toBe(bytes));
  test('back', () => {
    expect(formatSettingMegabytes(384 * MB)).toBe('384MB');
    expect(formatSettingMegabytes(3 * 1024 * MB)).toBe('3GB');
    expect(formatSettingMegabytes(1025 * MB)).toBe('1025MB');
  });
});

describe('a slot', () => {
  test('that feeds its standby is no risk, and names the node it is for', () => {
    expect(slotOf(aClusterInput())).toMatchObject({ use: 'feeding', severity: null, actions: [], owner: { name: S, state: 'streaming' } });
  });

  test('for which PostgreSQL reports an unrecognised word, is unknown: no forecast without limit, no advice', () => {
    const odd = slotOf(pg(P, { slots: [aSlot('rax_dfw_a', { walStatus: 'unknown: archived', safeWalBytes: null })] }));
    expect(odd).toMatchObject({ use: 'unknown', walStatus: 'unknown: archived', untilLost: { present: { kind: 'unknown' } }, actions: [] });
  });

  test('without a consumer: the finding’s severity, its forecast, and three steps with the cheapest first', () => {
    const input = keep('384MB', busy(pg(P, { slots: [idleSlot({ safeWalBytes: 600 * MB })] }, away(S, pg(P, { downstreams: [] })))));
    const slot = slotOf(input);
    expect(slot).toMatchObject({ use: 'waiting', severity: 'critical', untilLost: { present: { kind: 'minutes' } } });
    expect(slot.untilLost.present).toEqual({ kind: 'minutes', minutes: 10 });
    expect(slot.untilDiskFull.present).toEqual({ kind: 'minutes', minutes: 8 });
    expect(slot.actions.map(({ title }) => title)).toEqual([`Bring ${S} back`, 'Raise max_slot_wal_keep_size', 'Drop the slot']);
  });

  test('the page and the finding say the same minutes', () => {
    const input = busy(pg(P, { slots: [idleSlot({ safeWalBytes: 600 * MB })] }));
    const { topology, rpo } = evaluated(input);
    const found = evaluateFindings(input, topology, rpo, NOW_MS).find(({ code }) => code === 'slot-will-be-lost');
    const { present } = slotOf(input).untilLost;
    expect(found?.evidence['untilSlotLostNow']).toEqual({
      kind: 'durationMs',
      value: present.kind === 'minutes' ? present.minutes * 60_000 : null,
    });
  });

  test('without a limit is never lost, but may fill the disk', () => {
    const slot = slotOf(busy(pg(P, { slots: [idleSlot({ safeWalBytes: null })] })));
    expect(slot.untilLost.present).toEqual({ kind: 'no-limit' });
    expect(slot.untilDiskFull.present.kind).toBe('minutes');
  });

  test('that nobody is named after has no owner', () => {
    const slot = slotOf(pg(P, { slots: [idleSlot({ name: 'old_backup' })] }), 'old_backup');
    expect(slot.owner).toBeNull();
    expect(slot.actions[0]).toMatchObject({ title: 'Bring the consumer back', command: null });
  });

  test('held ready while its node streams from elsewhere is a spare', () => {
    const input = pg(P, { slots: [aSlot('gcp_use4_a', { active: false, inactiveSince: iso(NOW_MS - 600_000), retainedBytes: MB })] });
    expect(slotOf(input, 'gcp_use4_a')).toMatchObject({ use: 'spare', severity: null, actions: [] });
  });

  test('that is lost frees nothing, and its standby comes back from the archive or by a re-clone', () => {
    const slot = slotOf(pg(P, { slots: [idleSlot({ walStatus: 'lost', restartLsn: null, retainedBytes: null, safeWalBytes: null })] }));
    expect(slot).toMatchObject({ use: 'lost', severity: 'critical', untilLost: { present: { kind: 'now' } } });
    expect(slot.actions.map(({ title }) => title)).toEqual(['Let it catch up from the archive', `Re-clone ${S}`, 'Drop the slot']);
    expect(slot.actions[2]!.text).toContain('Frees nothing');
  });

  test('of a silent node is what was seen last: no severity, no forecast', () => {
    const slot = slotOf(away(P, busy(pg(P, { slots: [idleSlot({ safeWalBytes: 600 * MB })] }))));
    expect(slot).toMatchObject({ severity: null, actions: [], untilLost: { present: { kind: 'unknown' } } });
  });
});

describe('raising the limit of a slot', () => {
  const raise = (input: ClusterInput) => slotOf(input).actions[1]!;
  const idle = (input = aClusterInput()) => pg(P, { slots: [idleSlot({ safeWalBytes: 344 * MB })] }, input);

  test('as far as the disk allows, with the exact line', () => {
    // 40 MB kept + 480 MB free - a fifth of 640 MB = 392 MB: less than the limit and a step.
    expect(raise(idle(keep('384MB')))).toMatchObject({ possible: false, command: null });
    expect(raise(idle(keep('256MB')))).toMatchObject({
      possible: true,
      command: "ALTER SYSTEM SET max_slot_wal_keep_size = '384MB';\nSELECT pg_reload_conf();",
    });
  });

  test('doubled where the disk allows much more, saying how much', () => {
    const action = raise(idle(keep('64MB', volumes(200 * 1024 * MB, 300 * 1024 * MB))));
    expect(action.command).toContain("'128MB'");
    expect(action.text).toContain('The disk would allow up to 140 GB');
  });

  test('not without a limit, not without knowing, not without free space', () => {
    expect(raise(idle(keep('-1'))).text).toContain('no limit');
    expect(raise(idle(change(P, (node) => ({ ...node, facts: null })))).text).toContain('unknown');
    const full = pg(P, { slots: [idleSlot({ safeWalBytes: 344 * MB })] }, keep('384MB', volumes(30 * MB, 640 * MB)));
    expect(raise(full).text).toContain('Enlarge the volume first');
  });
});

describe('dropping a slot', () => {
  const drop = (slots: ReturnType<typeof aSlot>[]) => slotOf(pg(P, { slots })).actions[2]!;

  test('states the bytes freed beyond what other slots keep, and the base backup that it costs', () => {
    const action = drop([idleSlot({ retainedBytes: 40 * MB }), aSlot('aws_use1_b', { retainedBytes: 10 * MB })]);
    expect(action.text).toContain('Frees up to 30 MB');
    expect(action.text).toContain('a new base backup of 28.6 MB');
    expect(action.command).toBe("SELECT pg_drop_replication_slot('rax_dfw_a');");
  });

  test('frees nothing while another slot keeps the same WAL', () => {
    expect(drop([idleSlot(), aSlot('aws_use1_b', { retainedBytes: 50 * MB })]).text).toContain('other slots retain the same WAL');
  });

  test('says that the size of a base backup is unknown when no backup was seen', () => {
    const input = pg(P, { slots: [idleSlot()] });
    const blind = { ...input, nodes: input.nodes.map((node) => ({ ...node, facts: someFacts({ backupRepository: null }) })) };
    expect(slotOf(blind).actions[2]!.text).toContain('size unknown');
  });
});

describe('volumes', () => {
  test('a WAL volume that something fills has a forecast; another only an "if"', () => {
    const wal = (input: ClusterInput) => nodeOfBoard(input).volumes.find(({ holds }) => holds.includes('wal'));
    expect(wal(busy(pg(P, { slots: [idleSlot({ safeWalBytes: null })] })))).toMatchObject({
      takesWal: true,
      keeps: 'all',
      severity: 'critical',
    });
    expect(wal(busy(pg(P, { slots: [idleSlot({ safeWalBytes: 100 * MB })] })))).toMatchObject({ keeps: 'up-to-a-limit', severity: null });
    expect(wal(busy(aClusterInput()))).toMatchObject({ keeps: 'released', severity: null });
  });

  test('a server that does not answer: its slots are unknown, its disks are known', () => {
    const node = nodeOfBoard(server(P, 'stopped'));
    expect(node).toMatchObject({ slots: [], walDirectoryBytes: null });
    expect(node.problem).toContain('stopped');
    expect(node.volumes).toHaveLength(2);
    expect(node.volumes[1]).toMatchObject({ keeps: null });
  });

  test('data and WAL on one file system are one row', () => {
    const input = volumes(30 * MB, 640 * MB);
    const shared = change(
      P,
      (one) => {
        const [wal] = one.latest!.observation.volumes;
        const observation = { ...one.latest!.observation, volumes: [{ ...wal!, purpose: 'data' as const }, wal!] };
        return { ...one, latest: { ...one.latest!, observation } };
      },
      input,
    );
    expect(nodeOfBoard(shared).volumes).toMatchObject([{ holds: ['data', 'wal'], takesWal: true, severity: 'critical' }]);
  });

  test('a data volume that WAL lies on too, when the agent names no other', () => {
    const input = change(P, (one) => {
      const [data] = one.latest!.observation.volumes;
      return { ...one, latest: { ...one.latest!, observation: { ...one.latest!.observation, volumes: [data!] } } };
    });
    expect(nodeOfBoard(input).volumes).toMatchObject([{ holds: ['data', 'wal'], takesWal: true }]);
  });

  test('a node that never reported', () => {
    const node = nodeOfBoard(change(P, (one) => ({ ...one, latest: null, facts: null })));
    expect(node).toMatchObject({ observedAt: null, fresh: false, slots: [], volumes: [], presentBytesPerSecond: null, keepSize: null });
    expect(node.problem).toContain('never reported');
  });
});
