import { describe, expect, test } from 'vitest';
import { HELP_TEXTS } from './texts.ts';
import type { HelpText } from './texts.ts';

describe('help texts', () => {
  test.each(Object.entries(HELP_TEXTS) as [string, HelpText][])(
    '%s says what it means and how it is measured, in whole sentences',
    (_, text) => {
      for (const sentence of [text.meaning, text.measured, ...(text.limits === undefined ? [] : [text.limits])]) {
        expect(sentence).toMatch(/^[A-Z“0-9].*[.]$/s);
      }
    },
  );
});
