import { describe, expect, test } from 'vitest';
import { inertText, withInertText } from './inert-text.ts';

describe('inert text', () => {
  test('overrides, isolates, marks and controls become visible', () => {
    expect(inertText('pay\u202etnem\u2066s\u200b\u0000')).toBe('pay\ufffdtnem\ufffds\ufffd\ufffd');
  });

  test('ordinary text of any script stays', () => {
    for (const text of ['aws-use1-a', 'مدفوعات', 'תשלומים', '支払い', 'naïve – “x”', 'a\nb']) expect(inertText(text)).toBe(text);
  });

  test('reaches every text of a nested value and changes nothing else', () => {
    const value = { a: ['x\u202e', 1, null], b: { c: true, d: 'y' } };
    expect(withInertText(value)).toEqual({ a: ['x\ufffd', 1, null], b: { c: true, d: 'y' } });
  });
});
