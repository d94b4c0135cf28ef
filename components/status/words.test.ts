import { describe, expect, test } from 'vitest';
import { lagWords, objectiveWords, providerName, rpoWords, tlsWords } from './words.ts';

describe('words for states', () => {
  test('an unknown lag is a word, a known zero is a figure', () => {
    expect(lagWords({ seconds: null, totalBytes: null })).toBe('unknown');
    expect(lagWords({ seconds: 0, totalBytes: 0 })).toBe('0 ms · 0 bytes');
    expect(lagWords({ seconds: null, totalBytes: 2048 })).toBe('2 kB');
    expect(lagWords({ seconds: 1.2, totalBytes: null })).toBe('1.2 s');
  });

  test('only an acknowledging standby is called a guarantee, and unknown never looks good', () => {
    expect(rpoWords({ state: 'guaranteed-zero', boundSeconds: 0, boundBytes: 0 })).toEqual({ words: 'Guaranteed 0', tone: 'good' });
    expect(rpoWords({ state: 'best-effort', boundSeconds: 0.4, boundBytes: 1 }).words).toBe('Best effort ≤ 1 s');
    expect(rpoWords({ state: 'best-effort', boundSeconds: null, boundBytes: 1024 }).words).toBe('Best effort ≤ 1 kB');
    expect(rpoWords({ state: 'unknown', boundSeconds: null, boundBytes: null })).toEqual({ words: 'Unknown', tone: 'unknown' });
  });

  test('an open connection and an unknown one are told apart', () => {
    expect(tlsWords({ tls: { version: 'TLSv1.3' }, encrypted: true })).toBe('TLS 1.3');
    expect(tlsWords({ tls: null, encrypted: false })).toBe('no TLS');
    expect(tlsWords({ tls: null, encrypted: null })).toBe('TLS unknown');
  });

  test('providers by their names, unknown ones as given', () => {
    expect(providerName('AWS')).toBe('AWS');
    expect(providerName('gcp')).toBe('Google Cloud');
    expect(providerName('constructor')).toBe('constructor');
    expect(providerName('Hetzner')).toBe('Hetzner');
  });

  test('objectives', () => {
    expect([null, 0, 5].map(objectiveWords)).toEqual(['not set', 'no loss', '≤ 5 s']);
  });
});
