import { describe, expect, test } from 'vitest';
import { nameHider } from './hidden-names.ts';

const hide = nameHider({
  clusters: [
    { slug: 'payments', name: 'Payments' },
    { slug: 'pay-eu', name: 'Payments EU (new)' },
    { slug: 'rtl', name: 'תשלומים' },
  ],
  nodes: ['aws-use1-a', 'db-1', 'db-10', 'a+b)*', '$&x', '_lead', 'db'],
});

describe('names hidden for pictures', () => {
  test('clusters by name and by slug, nodes, and slots called after nodes', () => {
    expect(hide('Payments (payments): aws-use1-a streams to db-1 by slot db_1')).toBe(
      'cluster-1 (cluster-1): node-1 streams to node-2 by slot node_2',
    );
    expect(hide('Payments EU (new) and תשלומים')).toBe('cluster-2 and cluster-3');
  });

  test('the longest name that stands there is meant, and a part of a word is no name', () => {
    expect(hide('db-10, db-1, db-100, dbs, payments2')).toBe('node-3, node-2, node-7-100, dbs, payments2');
  });

  test('paths, addresses, system identifiers and people go', () => {
    expect(hide('/srv/payments/data on 10.1.2.3/32, fd00:1:2:3:4:5:6:7')).toBe('/srv/cluster-1/data on address, address');
    expect(hide('system 7512345678901234567')).toBe('system system identifier');
    expect(hide('ana@example.org asked, bo@example.org agreed, ana@example.org ran it')).toBe(
      'person-1 asked, person-2 agreed, person-1 ran it',
    );
  });

  test('names that are not words are only text', () => {
    expect(hide('a+b)* $&x _lead')).toBe('node-4 node-5 node-6');
    expect(nameHider({ clusters: [{ slug: '(', name: '[' }], nodes: [] })('( [ x')).toBe('( [ x');
  });

  test('figures, moments and ordinary words stay', () => {
    const text = 'Best effort ≤ 3 s · 16 MiB/s · 0/3000148 · 2026-11-21 07:03:12 UTC · primary';
    expect(hide(text)).toBe(text);
  });

  test('hiding twice is hiding once', () => {
    const text = 'Payments: db-1 of ana@example.org';
    expect(hide(hide(text))).toBe(hide(text));
  });

  test('ten thousand texts with five thousand names take no noticeable time', () => {
    const many = nameHider({ clusters: [], nodes: Array.from({ length: 5_000 }, (_unused, index) => `db-${index}`) });
    const startedMs = performance.now();
    for (let index = 0; index < 10_000; index += 1) many(`replay on eu-west-${index} stalls behind us-east-1 for ${index} s`);
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });
});
