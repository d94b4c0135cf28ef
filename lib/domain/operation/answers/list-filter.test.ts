import { describe, expect, test } from 'vitest';
import { isEnded } from '../model.ts';
import { parseListFilter } from './list-filter.ts';

const parse = (query: string) => parseListFilter(new URLSearchParams(query));

describe('the filter of the list of operations', () => {
  test('without anything, everything', () => {
    expect(parse('kind=&state=&cluster=')).toEqual({ ok: true, value: { cluster: null, kinds: null, states: null, cursor: null } });
  });

  test('kinds, states and groups of states', () => {
    expect(parse('cluster=payments&kind=switchover,failover&state=held,done&limit=10&cursor=x')).toEqual({
      ...{ ok: true },
      value: { cluster: 'payments', kinds: ['switchover', 'failover'], states: ['held', 'done'], cursor: 'x', limit: 10 },
    });
    const open = parse('state=open');
    expect(open.ok && open.value.states?.every((state) => !isEnded(state))).toBe(true);
    const ended = parse('state=ended');
    expect(ended.ok && ended.value.states?.every(isEnded)).toBe(true);
  });

  test.each(['kind=move', 'state=over', 'state=toString', 'limit=0', 'limit=1e9', 'limit=x', 'cluster=A', 'cluster=a%00b'])(
    '%s is refused with a sentence',
    (query) => expect(parse(query)).toMatchObject({ ok: false, reasons: [expect.stringMatching(/\.$/)] }),
  );
});
