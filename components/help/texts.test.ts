import { describe, expect, test } from 'vitest';
import type { HelpText } from './text.ts';
import { FINDING_HELP } from './texts-findings.ts';
import { NODE_HELP } from './texts-node.ts';
import { AUDIT_HELP, OPERATION_HELP } from './texts-operations.ts';
import { ACCESS_HELP, HEALTH_HELP, REGISTRY_HELP, RETENTION_HELP } from './texts-settings.ts';
import { ARCHIVE_HELP, SLOT_HELP } from './texts-storage.ts';
import { HELP_TEXTS } from './texts.ts';

const GROUPS: Record<string, Record<string, HelpText>> = {
  ...{ HELP_TEXTS, SLOT_HELP, ARCHIVE_HELP, FINDING_HELP, NODE_HELP },
  ...{ HEALTH_HELP, RETENTION_HELP, REGISTRY_HELP, ACCESS_HELP, OPERATION_HELP, AUDIT_HELP },
};

describe.each(Object.entries(GROUPS))('%s', (_, texts) => {
  test.each(Object.entries(texts))('%s says what it means and how it is measured, in whole sentences', (_key, text) => {
    for (const sentence of [text.meaning, text.measured, ...(text.limits === undefined ? [] : [text.limits])]) {
      expect(sentence).toMatch(/^[A-Za-z“0-9].*[.]$/s);
    }
  });

  test('no two have one title: it is what a screen reader tells them apart by', () => {
    const titles = Object.values(texts).map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
  });
});
