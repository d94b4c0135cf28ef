/** Counts the production files that an addition touches (decision 0028): what is one thing stands in one place. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { FINDING_CODES } from '../../lib/domain/findings/registry.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const production = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', 'app', 'components', 'controller', 'lib'],
  {
    cwd: ROOT,
    encoding: 'utf8',
  },
)
  .split('\n')
  .filter((file) => /[.]tsx?$/.test(file) && !/[.]test[.]tsx?$/.test(file) && existsSync(path.join(ROOT, file)))
  .map((file) => ({ file, text: readFileSync(path.join(ROOT, file), 'utf8') }));

describe('a finding', () => {
  const FILES_MAX = 2;
  /** Words that mean something else where they stand: a state of a node, a refusal of an agent. */
  const HOMONYMS: Record<string, RegExp> = {
    'replay-stalled': /^(lib\/domain\/topology|components\/status)\//,
    'directory-unusable': /^lib\/agent-contract\//,
  };
  const filesThatName = (code: string) => {
    const whole = new RegExp(`(?<![\\w-])${code}(?![\\w-])`);
    return production.filter(({ file, text }) => whole.test(text) && HOMONYMS[code]?.test(file) !== true).map(({ file }) => file);
  };

  test.each(FINDING_CODES)(`%s is named in its module and in the registry, at most ${FILES_MAX} files`, (code) => {
    const files = filesThatName(code);
    expect(files.filter((file) => file.startsWith('lib/domain/findings/kinds/') && path.basename(file, '.ts') === code)).toHaveLength(1);
    expect(files.length, files.join(', ')).toBeLessThanOrEqual(FILES_MAX);
  });

  test('the count finds a code that is named once more', () => {
    production.push({ file: 'app/planted.tsx', text: "if (finding.code === 'clock-skew') return null;" });
    expect(filesThatName('clock-skew').length).toBeGreaterThan(FILES_MAX);
    production.pop();
  });
});
