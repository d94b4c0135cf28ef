/** A verb stands in one place: its module, its performer, and the plans that ask for it. */
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { VERBS, VERBS_BEFORE_REPORTED, definitionOf } from '../../lib/agent-contract/verbs.ts';
import { VERB_MODULES } from '../../lib/agent-contract/verbs/registry.ts';
import { verbLists } from '../../setup/list-verbs.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const production = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', 'agent', 'app', 'components', 'controller', 'lib'],
  {
    cwd: ROOT,
    encoding: 'utf8',
  },
)
  .split('\n')
  .filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file));
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

test('the lists of verbs are those of the folders', () => {
  for (const { file, content } of verbLists(ROOT)) expect(read(file), `run node setup/list-verbs.ts: ${file}`).toBe(content);
});

test('each module carries the name of its file', () => {
  for (const [name, { name: own }] of Object.entries(VERB_MODULES)) expect(own).toBe(name);
});

test('every verb of before the lists were reported is still known', () => {
  expect(VERBS_BEFORE_REPORTED.filter((verb) => !(VERBS as string[]).includes(verb))).toEqual([]);
});

/** These go by what a plan of theirs asked for: they read the evidence of that step, or place its values. A new verb adds none. */
const READ_THEIR_OWN_STEPS = [
  'controller/execution/controller-step.ts',
  'controller/execution/leadership-step.ts',
  'controller/execution/run-keeper.ts',
  'lib/domain/operation/checks/checks-of-nodes.ts',
  'lib/domain/operation/kinds/failover.ts',
  'lib/domain/operation/machine/resolve.ts',
  'lib/domain/operation/outlook/difference.ts',
  'lib/domain/operation/outlook/expectations.ts',
  'lib/domain/operation/outlook/measured-change.ts',
  'lib/queries/operations/answer.ts',
];

test('nobody else branches on the name of a verb', () => {
  const names = VERBS.join('|');
  const branch = new RegExp(`\\bverb\\b\\s*[!=]==\\s*'(${names})'|'(${names})'\\s*[!=]==\\s*\\S*\\bverb\\b`);
  const found = production.filter((file) => branch.test(read(file)));
  expect(found.filter((file) => !READ_THEIR_OWN_STEPS.includes(file))).toEqual([]);
});

test('outside module and performer, agent and gateway set no verb apart by its name', () => {
  const named = (verb: string): string[] => {
    const own = new RegExp(`(^|/)${verb}\\.ts$`);
    // A verb's meaning to others is in its module; `ask(…, 'verb', …)`, `verb: 'verb'` and `asks('verb')` are plans, the steward and the
    // host's own commands.
    const use = new RegExp(`(case|\\bSet<Verb>[^;]*)\\s*'${verb}'`);
    return production.filter(
      (file) => !own.test(file) && /^(agent|lib\/agent-contract|controller\/gateway)\//.test(file) && use.test(read(file)),
    );
  };
  for (const verb of VERBS) expect(named(verb), verb).toEqual([]);
});

test('each verb has one model in test/verbs, and nothing else is there', () => {
  const models = readdirSync(path.join(ROOT, 'test/verbs')).filter((file) => !['model.ts', 'perform.ts'].includes(file));
  expect(models.toSorted()).toEqual(VERBS.map((verb) => `${verb}.ts`).toSorted());
});

test('what interrupts a command says what that leaves', () => {
  for (const verb of VERBS) {
    const { yields, lane, urgency } = definitionOf(verb);
    if (lane === 'server' && urgency === 'in-turn') expect(yields, verb).not.toBe('never');
    if (yields !== 'never') expect(yields.leaves, verb).toMatch(/^\S.*\.$/);
  }
});
