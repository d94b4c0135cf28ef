import { describe, expect, test } from 'vitest';
import { LATE_MESSAGE_WINDOW_MS, judgeInstance, type InstanceRecord, type InstanceVerdict, type Takeover } from './agent-instance.ts';

/** Plays messages in order of arrival, keeping the record as the gateway does. */
function play(messages: readonly { from: string; sentAtMs: number; atMs?: number }[]): InstanceVerdict['kind'][] {
  let record: InstanceRecord = { instanceId: null, supersededInstance: null };
  let takeover: Takeover | null = null;
  return messages.map(({ from, sentAtMs, atMs = sentAtMs }) => {
    const verdict = judgeInstance(record, from, sentAtMs, takeover, atMs);
    if (verdict.kind === 'takes-over') {
      record = { instanceId: from, supersededInstance: record.instanceId };
      takeover = { sentAtMs, receivedAtMs: atMs };
    }
    return verdict.kind;
  });
}

describe('instances of an agent', () => {
  test('restarts, however many, are ordinary', () => {
    const messages = ['a', 'a', 'b', 'b', 'c', 'd', 'd'].map((from, index) => ({ from, sentAtMs: index * 1000 }));
    expect(play(messages)).toEqual(['takes-over', 'current', 'takes-over', 'current', 'takes-over', 'takes-over', 'current']);
  });

  test('two holders show themselves as soon as the first speaks again', () => {
    const messages = ['a', 'b', 'a'].map((from, index) => ({ from, sentAtMs: index * 1000 }));
    expect(play(messages).at(-1)).toBe('second-holder');
  });

  test('a delayed message of the process that was replaced locks nobody', () => {
    expect(
      play([
        { from: 'a', sentAtMs: 0 },
        { from: 'b', sentAtMs: 3000 },
        { from: 'a', sentAtMs: 2900, atMs: 3100 },
      ]).at(-1),
    ).toBe('late');
  });

  test('a copy whose clock runs ahead cannot pass for the newer one for long', () => {
    const ahead = 600_000;
    const laterMs = 1000 + LATE_MESSAGE_WINDOW_MS;
    expect(
      play([
        { from: 'a', sentAtMs: 0 },
        { from: 'b', sentAtMs: ahead, atMs: 1000 },
        { from: 'a', sentAtMs: laterMs },
      ]).at(-1),
    ).toBe('second-holder');
  });
});
