/**
 * Writes the two lists of verbs, from the modules that are there: `lib/agent-contract/verbs/registry.ts` and `agent/perform/registry.ts`.
 * Run it after a verb was added or removed (`node setup/list-verbs.ts`); a test fails while the lists are not those of the folders.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.dirname(import.meta.dirname);
const MODULES = 'lib/agent-contract/verbs';
const PERFORMERS = 'agent/perform';
/** Beside the verbs in their folder. */
const NOT_VERBS = new Set(['verb.ts', 'registry.ts']);
const HEAD = '// Written by `node setup/list-verbs.ts`. Do not edit.\n';

const isSource = (file: string): boolean => file.endsWith('.ts') && !file.endsWith('.test.ts');
const identifierOf = (verb: string): string => verb.replace(/-(.)/g, (_all, letter: string) => letter.toUpperCase());
const quoted = (verb: string): string => (verb.includes('-') ? `'${verb}'` : verb);

export interface WrittenFile {
  file: string;
  content: string;
}

/** @throws when a verb has no performer. */
export function verbLists(root: string = ROOT): WrittenFile[] {
  const verbs = readdirSync(path.join(root, MODULES))
    .filter((file) => isSource(file) && !NOT_VERBS.has(file))
    .map((file) => file.replace(/\.ts$/, ''))
    .toSorted();
  const performers = readdirSync(path.join(root, PERFORMERS), { recursive: true, encoding: 'utf8' });
  const imports = verbs.map((verb) => `import { verb as ${identifierOf(verb)} } from './${verb}.ts';`);
  const entries = verbs.map((verb) => (verb.includes('-') ? `  '${verb}': ${identifierOf(verb)},` : `  ${verb},`));
  const loaders = verbs.map((verb) => {
    const at = performers.find((file) => path.basename(file) === `${verb}.ts`);
    if (at === undefined) throw new Error(`${verb} has no performer: write ${PERFORMERS}/${verb}.ts.`);
    return `  ${quoted(verb)}: () => import('./${at}'),`;
  });
  return [
    {
      file: path.join(MODULES, 'registry.ts'),
      content: `${HEAD}${imports.join('\n')}\n\nexport const VERB_MODULES = {\n${entries.join('\n')}\n} as const;\n`,
    },
    {
      file: path.join(PERFORMERS, 'registry.ts'),
      content: [
        `${HEAD}import type { Verb } from '../../lib/agent-contract/verbs.ts';\n`,
        `import type { Performer } from './performer.ts';\n\n`,
        `export const PERFORMERS: { [V in Verb]: () => Promise<{ perform: Performer<V> }> } = {\n${loaders.join('\n')}\n};\n`,
      ].join(''),
    },
  ];
}

if (import.meta.main) {
  for (const { file, content } of verbLists()) {
    const at = path.join(ROOT, file);
    if (readFileSync(at, 'utf8') !== content) writeFileSync(at, content);
  }
}
