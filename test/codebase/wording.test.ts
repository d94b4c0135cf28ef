/** Keeps the wording rules of docs/wording.md: no forbidden phrase, and comments that say why in two lines. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** Files that spell the phrases, released migrations, which never change, and risks.ts, which repeats sentences of release 0.1.0. */
const EXEMPT =
  /^(test\/codebase\/wording\.test\.ts|docs\/wording\.md|prisma\/migrations\/|lib\/domain\/operation\/risks\.ts|test\/upgrade\/.*\.sql)/;

const PHRASES: readonly [RegExp, string][] = [
  [/(?<![`'])\banew\b|\banew\b(?![`'])/i, 'again, re-clone, from scratch'],
  [/\b(goes|going|go|went) on\b(?! (call|disk))/i, 'continues, resumes, is happening'],
  [/\bwho(so)?ever\b/i, 'anyone who, the node that'],
  [/\bby (itself|themselves)\b/i, 'automatically, alone'],
  [/\bmind (this|that)\b/i, 'Warning'],
  [/\bcalled off\b/i, 'cancelled'],
  [/\b(takes?|taking|taken|took) (it |them |everything |back )?back\b/i, 'roll back, withdraw'],
  [/\b(is|are|was|were) over(?=[.,;:)’'"`]|$| and| before| when| since)/i, 'has ended, N of M done'],
  [/\b(it|that|X) alone has\b/i, 'exists only on'],
  [/\bfor nobody\b/i, 'without a consumer'],
  [/\bnot known\b/i, 'unknown'],
  [/\bcan not\b/i, 'can’t, cannot'],
  [/\bin vain\b/i, 'without success'],
  [/\bwreck(s|age)?\b/i, 'unfinished copy'],
  [/\b(Act now|Look soon|Nothing urgent|Leads since|What can be done|Particulars)\b/, 'see the table in docs/wording.md'],
];

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' })
  .split('\n')
  .filter((file) => /[.](ts|tsx|css|sql|md|sh|toml|service)$/.test(file) && !EXEMPT.test(file) && existsSync(path.join(ROOT, file)));
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');

const lineOf = (text: string, index: number) => text.slice(0, index).split('\n').length;

/** A phrase may run over the end of a line, with the sign of a comment between its words. */
function phrasesIn(file: string): string[] {
  const text = read(file);
  const flat = text.replace(/\n[ \t]*([*]|[/][/]|--|#)?[ \t]*/g, (gap) => ' '.repeat(gap.length));
  return PHRASES.flatMap(([pattern, instead]) => {
    const everywhere = new RegExp(pattern.source.replaceAll(' ', '\\s+'), `${pattern.flags}g`);
    return [...flat.matchAll(everywhere)].map((hit) => `${file}:${lineOf(text, hit.index)} “${hit[0].replace(/\s+/g, ' ')}” (${instead})`);
  });
}

const COMMENT_LINES_MAX = 2;
const RETELLS = /^(What|Who|Whether)\b/;

/** Comments of a file of TypeScript, without directives for tools; consecutive lines with // are one comment. */
function commentsIn(file: string): { line: number; isHead: boolean; lines: string[] }[] {
  const text = read(file);
  const found = [
    ...text.matchAll(
      /(?<=^|\n)[ \t]*(\/\*\*?[\s\S]*?\*\/|(?:\/\/(?! (?:eslint|oxlint|prettier|@ts-)).*\n[ \t]*)*\/\/(?! (?:eslint|oxlint|prettier|@ts-)).*)/g,
    ),
  ];
  return found.map((match, index) => {
    const before = text.slice(0, match.index);
    const lines = (match[1] ?? '')
      .replace(/^\/\*\*?|\*\/$/g, '')
      .split('\n')
      .map((line) => line.replace(/^\s*(\*|\/\/)?\s?/, '').trim())
      .filter((line) => line !== '');
    return { line: lineOf(text, match.index), isHead: index === 0 && /^(#!.*\n|'use (client|server)';?\n|\s)*$/.test(before), lines };
  });
}

function badCommentsIn(file: string): string[] {
  return commentsIn(file).flatMap(({ line, isHead, lines }) => [
    ...(!isHead && lines.length > COMMENT_LINES_MAX ? [`${file}:${line} ${lines.length} lines`] : []),
    ...(RETELLS.test(lines[0] ?? '') ? [`${file}:${line} begins “${lines[0]?.slice(0, 40)}”`] : []),
  ]);
}

const isCode = (file: string) => /[.]tsx?$/.test(file);
describe('wording', () => {
  test('no forbidden phrase', () => {
    expect(files.flatMap(phrasesIn)).toEqual([]);
  });

  test(`comments have at most ${COMMENT_LINES_MAX} lines and do not begin by retelling the code`, () => {
    expect(files.filter(isCode).flatMap(badCommentsIn)).toEqual([]);
  });

  test('the rules find what they are for', () => {
    const finds = (text: string) => PHRASES.some(([pattern]) => pattern.test(text));
    const bad = ['Let clients go on', 'copied anew', 'it is over.', 'whoever leads', 'taken back', 'mind this', 'can not act', 'not known'];
    expect(bad.filter((text) => !finds(text))).toEqual([]);
    expect(['go on call', 'over 4 h', 'is over 5 s', 'resumes'].filter(finds)).toEqual([]);
  });
});
