import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonText, storableText } from './json-batch.ts';

const nasty = fc
  .array(fc.constantFrom('\0', '\\', 'u0000', 'ud800', '\ud800', '\udc00', '\ud83d\udc18', '"', '\u001e', 'x'), { maxLength: 20 })
  .map((parts) => parts.join(''));

test('JSON loses exactly what jsonb can’t hold', () => {
  fc.assert(
    fc.property(nasty, nasty, (key, text) => {
      expect(JSON.parse(jsonText([key, text]))).toEqual([key, text].map((one) => storableText(one)));
      expect(jsonText([text])).not.toContain('\u001e');
    }),
  );
});

test('ordinary JSON stays as it is', () => {
  const value = { a: 'ünïcode 🐘 \\u0041', b: [1, null, true] };
  expect(jsonText(value)).toBe(JSON.stringify(value));
});
