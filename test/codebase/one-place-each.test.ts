/** Counts the production files that an addition touches (decision 0028): what is one thing stands in one place. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { FINDING_CODES } from '../../lib/domain/findings/registry.ts';
import { SETTING_NAMES } from '../../lib/domain/policy/cluster-policy.ts';

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

describe('a setting of a cluster', () => {
  const DESCRIPTION = 'lib/domain/policy/cluster-policy.ts';
  /** The description, the rule that uses it, and one place more. */
  const FILES_MAX = 3;
  /** Older than the policy: rules, pages and JSON names that were there before. These numbers may only become smaller. */
  const OLDER: Record<string, number> = { rtoObjectiveSeconds: 6, rpoObjectiveSeconds: 10, jurisdictions: 6 };
  /** Words that are used for other things too: only what is read from a policy counts. */
  const AMBIGUOUS = new Set<string>(['environment', 'tier', 'jurisdictions', 'approvalsRequired']);
  /** Code that stores, changes, passes on or draws a policy knows no single setting. */
  const CARRIERS =
    /^(lib\/db\/(fleet|operations)|lib\/commands\/cluster|controller\/collection|app|components\/settings\/(policy-section|cluster-screen))|^lib\/domain\/(topology\/inputs|operation\/plan\/inputs|enrolment\/registry)[.]ts$/;
  const filesThatUse = (name: string, all = production) => {
    const ofPolicy = `policy[?]?[.]${name}\\b|\\b${name}\\b[^()]*[}]: (Pick<)?ClusterPolicy`;
    const use = new RegExp(AMBIGUOUS.has(name) ? ofPolicy : `\\b${name}\\b`);
    return all.filter(({ file, text }) => file === DESCRIPTION || use.test(text)).map(({ file }) => file);
  };

  test.each(SETTING_NAMES)('%s is used by few files, and by none that only carries the policy', (name) => {
    const files = filesThatUse(name);
    expect(files.length, files.join(', ')).toBeLessThanOrEqual(OLDER[name] ?? FILES_MAX);
    expect(files.filter((file) => CARRIERS.test(file))).toEqual([]);
  });

  test('the count finds a carrier that names a setting', () => {
    const planted = [{ file: 'lib/db/fleet/planted.ts', text: 'const soon = row.policy.tier === 1;' }];
    expect(filesThatUse('tier', planted)).toEqual(['lib/db/fleet/planted.ts']);
    expect(CARRIERS.test('lib/db/fleet/planted.ts')).toBe(true);
  });
});
