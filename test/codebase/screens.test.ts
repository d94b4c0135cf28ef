/** Counts what a screen costs: its description, its line in the registry, and the page with its own query and components (decision 0031). */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { SCREENS } from '../../lib/domain/screens/registry.ts';
import { documentTitle, listedFor, maySee } from '../../lib/domain/screens/screens.ts';
import type { Screen } from '../../lib/domain/screens/screen.ts';
import { onFleet } from '../../lib/domain/policy/permissions.ts';
import type { Role } from '../../lib/domain/policy/permissions.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const FILES_MAX = 3;
const LIST = 'lib/domain/screens/list/';
const PLACES = ['app', 'components', 'controller', 'lib', 'instrumentation.ts', 'proxy.ts'];
const production = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...PLACES], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => /[.]tsx?$/.test(file) && !/[.]test[.]tsx?$/.test(file) && existsSync(path.join(ROOT, file)))
  .map((file) => ({ file, text: readFileSync(path.join(ROOT, file), 'utf8') }));
type Source = (typeof production)[number];

const screens: readonly Screen[] = SCREENS;
const escaped = (text: string) => text.replaceAll(/[/\\^$.*+?()[\]{}|&]/g, '\\$&');
/** Where its page stands. */
const folderOf = ({ place, path: at, name }: Screen): string =>
  name === 'overview'
    ? 'app/(console)/clusters'
    : `app/(console)${place === 'cluster' ? `/clusters/[slug]${at === '' ? '/(topology)' : at}` : at}`;
/** Uses of a screen as a destination: a link from a text, and where to return to after signing in. No new screen adds to them. */
const LINKS = /(href=|returnTo=|push\(|replaceState\(null, '', |href: )[{("'`]?[^\n]*$/;

/** Files that a new screen of this kind has to change: where its address, its label or its name stands otherwise than as the target of a link. */
function placesOf(screen: Screen, sources: readonly Source[]): string[] {
  const words = [screen.path === '' || screen.path === '/' ? null : screen.path, /[ &]/.test(screen.label) ? screen.label : null];
  const literal = words.flatMap((word) => (word === null ? [] : [new RegExp(`['"\`>]${escaped(word)}['"\`<]`)]));
  const member = new RegExp(`list/${screen.name}[.]ts'`);
  return sources
    .filter(({ file }) => !file.startsWith(`${folderOf(screen)}/`))
    .filter(({ file, text }) => {
      if (file === `${LIST}${screen.name}.ts` || member.test(text)) return true;
      const lines = text.split('\n').filter((line) => !LINKS.test(line) && !/^\s*(\*|\/\*|import)/.test(line));
      return lines.some((line) => literal.some((one) => one.test(line)));
    })
    .map(({ file }) => file);
}

/** Each with the reason why a new screen does not need it. */
const NOT_PLACES: Record<string, string> = {
  'app/(console)/findings/actions.ts': 'What its own actions make stale.',
  'app/(console)/operations/actions.ts': 'What its own actions make stale; it serves both lists of operations.',
  'lib/domain/findings/finding-filter.ts': 'The address of its own filter.',
};
const isPlace = (file: string) => NOT_PLACES[file] === undefined;

describe.each(screens.map((screen) => [screen.name, screen] as const))('%s', (name, screen) => {
  test(`costs at most ${FILES_MAX} files besides its page, query and components`, () => {
    const places = placesOf(screen, production).filter(isPlace);
    expect(places).toContain(`${LIST}${name}.ts`);
    expect(places).toContain('lib/domain/screens/registry.ts');
    expect(places.length, places.join(', ')).toBeLessThanOrEqual(FILES_MAX);
  });

  test('has a page, which takes its title and its right from the description', () => {
    const page = production.find(({ file }) => file === `${folderOf(screen)}/page.tsx`);
    expect(page, folderOf(screen)).toBeDefined();
    // The settings as such are the first of their pages.
    if (name === 'settings') return;
    expect(page!.text).toMatch(new RegExp(`metadataOf(Cluster)?\\('${name}'\\)`));
    expect(page!.text).not.toMatch(/requireActor\('(?!cluster[.]read)/);
    if (screen.access.permission !== 'cluster.read' || screen.access.otherwise !== null)
      expect(page!.text).toMatch(new RegExp(`viewer(Of|OrWhy)\\('${name}'\\)`));
  });
});

test('the count finds a screen that is named in one more list', () => {
  const audit = screens.find(({ name }) => name === 'audit')!;
  const planted = { file: 'components/shell/planted.tsx', text: "const PLACES = [{ path: '/audit', word: 'Audit' }];" };
  expect(placesOf(audit, [...production, planted])).toContain(planted.file);
});

test('addresses, and titles of documents, are told apart', () => {
  const addresses = screens.map(({ place, path: at }) => `${place === 'cluster' ? '/clusters/x' : ''}${at}`);
  expect(new Set(addresses).size).toBe(addresses.length);
  const titles = SCREENS.map(({ name }) => documentTitle(name, 'payments'));
  expect(new Set(titles).size).toBe(titles.length);
});

test.each<[Role, string[]]>([
  ['viewer', ['audit']],
  ['operator', ['audit']],
  ['auditor', []],
  ['admin', []],
])('a %s is not offered: %s', (role, missing) => {
  const actor = { kind: 'user', userId: 1, email: 'a@b.c', scopes: onFleet(role), sessionId: 's', authenticatedAt: new Date(0) } as const;
  const listed = listedFor(actor);
  expect(SCREENS.map(({ name }) => name).filter((name) => !listed.includes(name))).toEqual(missing);
  expect(
    maySee(
      actor,
      screens.find(({ name }) => name === 'users')!,
    ),
  ).toBe(role === 'admin');
});
