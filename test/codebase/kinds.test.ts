/** Adding an operation kind is one file: nothing else lists kinds, and what is derived from them is up to date. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { OPERATION_KINDS } from '../../lib/domain/operation/kinds/registry.ts';
import { kindsText, registries } from '../../setup/registries.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const KINDS = 'lib/domain/operation/kinds/';
const PRODUCTION = ['lib', 'app', 'components', 'controller', 'setup'];
const production = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...PRODUCTION], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => /[.]tsx?$/.test(file) && !/[.]test[.]tsx?$/.test(file) && !file.startsWith('lib/agent-contract/'));

/** These are names of agents' verbs as well, which plans are made of. */
const ALSO_VERBS = new Set(['restart', 'reload', 'drop-slot']);
const OWN_NAMES = OPERATION_KINDS.filter((kind) => !ALSO_VERBS.has(kind));
/** A file may point to one operation or two, as a finding points to its mend. One that names more is a list, and a new kind would miss in it. */
const NAMED_MAX = 2;

const namesIn = (text: string): string[] => OWN_NAMES.filter((kind) => new RegExp(`'${kind}'|^\\s*${kind}: `, 'm').test(text));

describe('an operation kind', () => {
  test('is in a list nowhere but in the written registry', () => {
    const lists = production
      .filter((file) => !file.startsWith(KINDS))
      .filter((file) => namesIn(readFileSync(path.join(ROOT, file), 'utf8')).length > NAMED_MAX);
    expect(lists).toEqual([]);
  });

  test('is in the registry and in docs/api.md as `node setup/registries.ts` writes them', async () => {
    for (const [file, text] of await registries()) expect(readFileSync(path.join(ROOT, file), 'utf8'), file).toBe(text);
  });

  test('that is new is found by its file alone', () => {
    expect(kindsText(['a-new-kind', 'restart'])).toMatch(/import \{ aNewKind \} from '\.\/a-new-kind\.ts';[\s\S]*'a-new-kind': aNewKind,/);
  });
});
