/** Tests about the code itself: rules of the house that no linter knows. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && existsSync(path.join(ROOT, file)));
const source = files.filter((file) => /[.](ts|tsx|mjs|cjs|css|sql|sh)$/.test(file));
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');

/** Files that may be longer, each with the reason that we would defend. */
const MAY_BE_LONGER: Record<string, string> = {};
const LINES_MAX = 400;

describe('layout', () => {
  test(`no source file is longer than ${LINES_MAX} lines`, () => {
    const long = source.filter(
      (file) => !file.startsWith('prisma/migrations/') && MAY_BE_LONGER[file] === undefined && read(file).split('\n').length > LINES_MAX,
    );
    expect(long).toEqual([]);
  });

  test('no drawer folders', () => {
    expect(files.filter((file) => /(^|\/)(utils?|helpers?|common|misc|managers?|services)(\/|[.]tsx?$)/.test(file))).toEqual([]);
  });

  test('the mandated names stand at the top level', () => {
    const top = new Set(files.map((file) => file.split('/')[0]));
    for (const name of ['package.json', 'tsconfig.json', 'app', 'components', 'lib', 'prisma', 'public', 'e2e', 'next.config.js'])
      expect(top).toContain(name);
  });
});

describe('words', () => {
  const text = files.filter((file) => /[.](ts|tsx|css|sql|md|sh|toml|service)$/.test(file) && !file.startsWith('test/codebase/'));

  /** Each banned word with what to write instead. */
  const BANNED: [RegExp, string][] = [
    [/\b(master[/ -]slave|slave (node|server)|slaves?\b)/i, 'primary, standby, upstream'],
    [/\bzero data loss\b/i, 'guaranteed 0, only while a synchronous standby acknowledges'],
    [/\b(fully )?compliant\b/i, 'evidenced / not evidenced'],
    [/\b(TODO|FIXME|XXX|lorem ipsum)\b/, 'do it, or say in the product that it is not there'],
    [/registry\.(npmjs|yarnpkg)|deb\.debian\.org/i, 'no registry host anywhere'],
  ];
  test.each(BANNED)('%s is not written (instead: %s)', (pattern) => {
    expect(text.filter((file) => pattern.test(read(file)))).toEqual([]);
  });
});

describe('who may', () => {
  test('every server action asks where the request came from and who sent it', () => {
    const actions = files.filter((file) => file.startsWith('app/') && /^'use server'/m.test(read(file)));
    expect(actions.length).toBeGreaterThan(3);
    const bare = actions.flatMap((file) => {
      const bodies = read(file)
        .split(/^export async function /m)
        .slice(1);
      return bodies.filter((body) => !/\b(perform|requireOwnOrigin)\(/.test(body)).map((body) => `${file}: ${body.split('(')[0]}`);
    });
    expect(bare).toEqual([]);
  });

  test('every page of the console asks for a permission', () => {
    const pages = files.filter((file) => file.startsWith('app/(console)/') && file.endsWith('/page.tsx'));
    expect(pages.length).toBeGreaterThan(10);
    const asks = /\b(requireActor|viewerOf|viewerOrWhy|clusterOfPage|redirect)\(|^export [{] default/m;
    expect(pages.filter((file) => !asks.test(read(file)))).toEqual([]);
  });
});

describe('sessions of the agent', () => {
  // The pooler's console knows no such settings: it is no database (docs/decisions/0033).
  const connecting = source
    .filter((file) => file.startsWith('agent/') && !file.includes('.test.') && !file.endsWith('pooler/console.ts'))
    .flatMap((file) =>
      read(file)
        .split('new pg.Client(')
        .slice(1)
        .map((rest) => ({ file, call: rest.slice(0, rest.indexOf('});')) })),
    );
  test('each stands on its own settings, and not on those of the owner of a database', () => {
    expect(connecting.length).toBeGreaterThan(2);
    expect(connecting.filter(({ call }) => !call.includes('options: startupOptions(')).map(({ file }) => file)).toEqual([]);
  });
});

describe('documentation', () => {
  const pages = files.filter((file) => file.endsWith('.md'));

  test('every link to a file of the repository leads somewhere', () => {
    const dead = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
        .map(([, target]) => target ?? '')
        .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(path.join(ROOT, path.dirname(page), target)))
        .map((target) => `${page}: ${target}`),
    );
    expect(dead).toEqual([]);
  });

  test('what a runbook says to press stands on a screen', () => {
    const screens = files.filter((file) => /^(components|app|lib[/]domain[/]operation[/]kinds)[/].*[.]tsx?$/.test(file)).map(read);
    const unknown = pages
      .filter((page) => page.startsWith('docs/runbooks/'))
      .flatMap((page) => [...read(page).matchAll(/[*][*](.+?)[*][*]/g)].map(([, words]) => words ?? ''))
      .filter((words) => !screens.some((text) => text.includes(words) || text.includes(words.replaceAll('&', '&amp;'))));
    expect(unknown).toEqual([]);
  });

  test('every script that a page names is there', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = pages.flatMap((page) => [...read(page).matchAll(/`npm run ([a-z][a-z:-]*)/g)].map(([, name]) => name ?? ''));
    expect([...new Set(named)].filter((name) => scripts[name] === undefined)).toEqual([]);
  });
});

describe('dependencies', () => {
  const manifest = JSON.parse(read('package.json')) as Record<'dependencies' | 'devDependencies', Record<string, string>>;
  const direct = { ...manifest.dependencies, ...manifest.devDependencies };

  test('are pinned exactly', () => {
    expect(Object.entries(direct).filter(([, range]) => !/^(npm:[\w@/-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(range))).toEqual([]);
  });

  test('carry a licence that we may ship', () => {
    // OFL is for the fonts; MPL-2.0 is axe, used in tests only.
    const allowed = /^\(?(MIT|Apache-2\.0|BSD-[23]-Clause|ISC|PostgreSQL|0BSD|OFL-1\.1|MPL-2\.0)( (AND|OR) [\w.-]+)*\)?$/;
    const wrong = Object.keys(direct).flatMap((name) => {
      const { license } = JSON.parse(read(`node_modules/${name}/package.json`)) as { license?: string };
      return allowed.test(license ?? '') ? [] : [`${name}: ${license ?? 'none'}`];
    });
    expect(wrong).toEqual([]);
  });

  test('the lock file names no address and has every optional package', () => {
    const lock = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { resolved?: string; optionalDependencies?: Record<string, string> }>;
    };
    expect(Object.values(lock.packages).filter((entry) => entry.resolved?.startsWith('http')).length).toBe(0);
    const names = new Set(Object.keys(lock.packages).map((location) => location.replace(/^.*node_modules\//, '')));
    const missing = Object.values(lock.packages).flatMap((entry) =>
      Object.keys(entry.optionalDependencies ?? {}).filter((name) => !names.has(name)),
    );
    expect(missing).toEqual([]);
  });
});
