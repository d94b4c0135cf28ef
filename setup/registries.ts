/**
 * Writes the lists that follow from what lies in a folder, so that a new operation kind is one file: `node setup/registries.ts`. A test in
 * test/codebase fails when a list is not the one that would be written.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '..');
const KINDS = 'lib/domain/operation/kinds';
const API = 'docs/api.md';

/** Every file that is written, with what it must hold now. */
export async function registries(): Promise<Map<string, string>> {
  const { KIND_LIST } = await import('../lib/domain/operation/kinds/registry.ts');
  const rows = KIND_LIST.map(({ kind, fields }) =>
    ['|', `\`${kind}\``, '|', Object.entries(fields).map(fieldText).filter(Boolean).join('; '), '|']
      .filter((cell) => cell !== '')
      .join(' '),
  );
  const api = readFileSync(path.join(ROOT, API), 'utf8');
  const table = ['| kind | what it takes besides `target` |', '|---|---|', ...rows].join('\n');
  return new Map([
    [`${KINDS}/registry.ts`, kindsText(kindsIn(path.join(ROOT, KINDS)))],
    [API, api.replace(/(<!-- kinds[^>]*-->\n)[\s\S]*?(\n<!-- end of kinds -->)/, (_all, begin, end) => `${begin}${table}${end}`)],
  ]);
}

export const kindsIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && file !== 'registry.ts')
    .map((file) => file.slice(0, -3))
    .toSorted();

const constantOf = (kind: string): string => kind.replace(/-(.)/g, (_all, letter: string) => letter.toUpperCase());

export const kindsText = (
  kinds: readonly string[],
): string => `/** Every kind of operation. Written by setup/registries.ts from the files in this folder. */
import type { Kind } from '../kind.ts';
import type { OperationKind } from '../model.ts';
${kinds.map((kind) => `import { ${constantOf(kind)} } from './${kind}.ts';`).join('\n')}

const KINDS: { readonly [K in OperationKind]: Kind<K> } = {
${kinds.map((kind) => (constantOf(kind) === kind ? `  ${kind},` : `  '${kind}': ${constantOf(kind)},`)).join('\n')}
};

export const kindOf = (kind: OperationKind): Kind => KINDS[kind] as Kind;
/** In the order in which people meet them. */
export const KIND_LIST: readonly Kind[] = (Object.values(KINDS) as Kind[]).toSorted((a, b) => a.place - b.place);
export const OPERATION_KINDS: readonly OperationKind[] = KIND_LIST.map(({ kind }) => kind);
export const isKind = (text: string): text is OperationKind => Object.hasOwn(KINDS, text);
`;

/** As docs/api.md says it; the target is said of all of them. */
function fieldText([name, field]: [string, import('../lib/domain/operation/fields.ts').Field]): string {
  if (field.field === 'target') return field.api === '' ? '' : `\`target\` ${field.api}`;
  if (field.field !== 'choice') return `\`${name}\`${field.api === '' ? '' : `: ${field.api}`}`;
  const words = field.choices.map(
    ({ value, personOnly }, index) => `\`${value}\`${index === 0 ? ' (default)' : ''}${personOnly ? ' (a person only)' : ''}`,
  );
  return `\`${name}\`: ${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

if (process.argv[1] === import.meta.filename) {
  // The list comes first: what is derived from the modules needs it.
  writeFileSync(path.join(ROOT, KINDS, 'registry.ts'), kindsText(kindsIn(path.join(ROOT, KINDS))));
  for (const [file, text] of await registries()) writeFileSync(path.join(ROOT, file), text);
}
