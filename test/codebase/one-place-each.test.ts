/** Counts the production files that name each kind, verb, finding and setting: what is one thing stands in one place (issue 11). */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { VERBS } from '../../lib/agent-contract/verbs.ts';
import { FINDING_CODES } from '../../lib/domain/findings/registry.ts';
import { OPERATION_KINDS } from '../../lib/domain/operation/kinds/registry.ts';
import { SETTING_NAMES } from '../../lib/domain/policy/cluster-policy.ts';
import { FINDINGS, KINDS, SETTINGS, VERBS_ASKED } from './may-name.ts';
import type { MayName } from './may-name.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
/** Written by `node setup/registries.ts` and `node setup/list-verbs.ts`; other tests compare them with what would be written. */
const WRITTEN = ['lib/domain/operation/kinds/registry.ts', 'lib/agent-contract/verbs/registry.ts', 'agent/perform/registry.ts'];
const PLACES = ['agent', 'app', 'components', 'controller', 'lib', 'setup', 'instrumentation.ts', 'proxy.ts'];
const production = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...PLACES], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => /[.]tsx?$/.test(file) && !/[.]test[.]tsx?$/.test(file) && !WRITTEN.includes(file) && existsSync(path.join(ROOT, file)))
  .map((file) => ({ file, text: readFileSync(path.join(ROOT, file), 'utf8') }));
type Source = (typeof production)[number];

interface Counted {
  names: readonly string[];
  filesMax: number;
  /** The file that is that thing. */
  own: (name: string) => RegExp;
  literal: (name: string) => RegExp;
  exceptions: readonly MayName[];
}

const quoted = (name: string) => new RegExp(`['"\`]${name}['"\`]|^\\s*${name}: [{]`, 'm');
/** Also words of other things: only what is read from a policy counts. */
const AMBIGUOUS: readonly string[] = ['environment', 'tier', 'jurisdictions', 'approvalsRequired'];
const ofPolicy = (name: string) => `policy[?]?[.]${name}\\b|\\b${name}\\b[^()]*[}]: (Pick<)?ClusterPolicy`;
const POLICY = 'lib/domain/policy/cluster-policy.ts';

const COUNTED: Record<string, Counted> = {
  'operation kind': {
    names: OPERATION_KINDS,
    filesMax: 3,
    own: (name) => new RegExp(`^lib/domain/operation/kinds/${name}[.]ts$`),
    literal: quoted,
    exceptions: KINDS,
  },
  verb: {
    names: VERBS,
    filesMax: 3,
    own: (name) => new RegExp(`^lib/agent-contract/verbs/${name}[.]ts$`),
    literal: quoted,
    exceptions: VERBS_ASKED,
  },
  finding: {
    names: FINDING_CODES,
    filesMax: 2,
    own: (name) => new RegExp(`^lib/domain/findings/kinds/[a-z]+/${name}[.]ts$`),
    // Its line in the registry, which is kept by hand, counts as well.
    literal: (name) => new RegExp(`(?<![\\w-])${name}(?![\\w-])`),
    exceptions: FINDINGS,
  },
  'setting of a cluster': {
    names: SETTING_NAMES,
    filesMax: 3,
    own: () => /^lib\/domain\/policy\/cluster-policy[.]ts$/,
    literal: (name) => new RegExp(AMBIGUOUS.includes(name) ? ofPolicy(name) : `(?<![\\w-])${name}(?![\\w-])`),
    exceptions: SETTINGS,
  },
};

const named = new Map<string, string[]>();
function filesThatName(what: Counted, name: string): string[] {
  const key = `${what.filesMax} ${what.names[0]} ${name}`;
  const files = named.get(key) ?? filesAmong(what, name, production);
  named.set(key, files);
  return files;
}
const filesAmong = ({ literal, own }: Counted, name: string, among: readonly Source[]): string[] => {
  const [isOwn, isNamed] = [own(name), literal(name)];
  return among.filter(({ file, text }) => isOwn.test(file) || isNamed.test(text)).map(({ file }) => file);
};
const isExcepted = ({ exceptions }: Counted, name: string, file: string): boolean =>
  exceptions.some(({ files, names }) => files.includes(file) && (names === 'any' || names.includes(name)));
const counted = (what: Counted, name: string, files = filesThatName(what, name)): string[] =>
  files.filter((file) => !isExcepted(what, name, file));

describe.each(Object.entries(COUNTED))('%s', (_, what) => {
  test.each(what.names)(`%s is named in at most ${what.filesMax} files, one of which is its own`, (name) => {
    const files = counted(what, name);
    expect(files.filter((file) => what.own(name).test(file))).toHaveLength(1);
    expect(files.length, files.join(', ')).toBeLessThanOrEqual(what.filesMax);
  });

  test('no file that is counted serves most of the others: it would be a list', () => {
    const uses = new Map<string, number>();
    for (const name of what.names) for (const file of counted(what, name)) uses.set(file, (uses.get(file) ?? 0) + 1);
    const lists = [...uses].filter(([, times]) => times > what.names.length / 3).map(([file]) => file);
    // The registry of findings holds a line each and decides nothing (decision 0028); the policy is the description of its settings.
    expect(lists.filter((file) => file !== 'lib/domain/findings/registry.ts' && file !== POLICY)).toEqual([]);
  });

  test('each exception is still one, and says why', () => {
    const stale = what.exceptions.flatMap(({ files, names, why }) => {
      expect(why).toMatch(/^[A-Z].{20,}[.]$/);
      const asked = names === 'any' ? what.names : names;
      const idle = files.filter((file) => !asked.some((name) => filesThatName(what, name).includes(file)));
      const unnamed = names === 'any' ? [] : names.filter((name) => !files.some((file) => filesThatName(what, name).includes(file)));
      return [...idle, ...unnamed];
    });
    expect(stale).toEqual([]);
  });
});

test.each([
  ['operation kind', 'add-standby', "if (kind === 'add-standby') return null;"],
  ['verb', 'verify-archive', "case 'verify-archive':"],
  ['finding', 'clock-skew', "if (finding.code === 'clock-skew') return null;"],
  ['setting of a cluster', 'tier', 'const soon = row.policy.tier === 1;'],
])('the count finds a planted %s', (what, name, text) => {
  const rules = COUNTED[what]!;
  const planted = ['app/planted-a.tsx', 'app/planted-b.tsx', 'lib/db/fleet/planted-c.ts'].map((file) => ({ file, text }));
  expect(counted(rules, name, filesAmong(rules, name, [...production, ...planted])).length).toBeGreaterThan(rules.filesMax);
});

describe('what only carries a policy', () => {
  const CARRIERS =
    /^(lib\/db\/(fleet|operations)|lib\/commands\/cluster|controller\/collection|app|components\/settings\/(policy-section|cluster-screen))|^lib\/domain\/(topology\/inputs|operation\/plan\/inputs|enrolment\/registry)[.]ts$/;
  test('names no setting', () => {
    const files = SETTING_NAMES.flatMap((name) => filesThatName(COUNTED['setting of a cluster']!, name));
    expect(files.filter((file) => CARRIERS.test(file))).toEqual([]);
    expect(CARRIERS.test('lib/db/fleet/planted.ts')).toBe(true);
  });
});
