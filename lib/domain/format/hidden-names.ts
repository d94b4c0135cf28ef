/**
 * Texts without the names of people and of their machines, for pictures that leave the house. Clusters become `cluster-1`, nodes
 * `node-1`, people `person-1`; addresses and system identifiers go. Providers and regions stay: they are the point of the picture.
 */
import { inertText } from './inert-text.ts';

/** Every name there ever was, in an order that only grows, so that each keeps its number. */
export interface KnownNames {
  clusters: readonly { slug: string; name: string }[];
  /** Of every cluster: the same name is the same number wherever it stands. */
  nodes: readonly string[];
}

const WORD = /[\p{L}\p{N}\p{M}]+/gu;
const ADDRESS = /\b\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?\b|\b(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{1,4}\b/gi;
const EMAIL = /[\p{L}\p{N}._%+-]+@[\p{L}\p{N}.-]+\.\p{L}{2,}/gu;
/** PostgreSQL's: 64 bits, of which the seconds of its making are the upper half. */
const SYSTEM_IDENTIFIER = /\b[67]\d{18}\b/g;

interface KnownName {
  /** Around the words of the name: punctuation that belongs to it. */
  before: string;
  after: string;
  shown: string;
}
interface Index {
  /** By the name from its first word to its last. */
  names: ReadonlyMap<string, readonly KnownName[]>;
  wordsMax: number;
}

/** A function that takes every known name out of a text. Its work grows with the text and not with the number of names. */
export function nameHider(names: KnownNames): (text: string) => string {
  const index = indexOf(names);
  const people = new Map<string, string>();
  const person = (email: string): string => {
    const shown = people.get(email) ?? `person-${people.size + 1}`;
    people.set(email, shown);
    return shown;
  };
  return (text) =>
    withoutNames(text.replace(EMAIL, person), index).replace(ADDRESS, 'address').replace(SYSTEM_IDENTIFIER, 'system identifier');
}

function withoutNames(text: string, index: Index): string {
  const words = [...text.matchAll(WORD)].map((match) => ({ start: match.index, end: match.index + match[0].length }));
  let result = '';
  let done = 0;
  for (const [place, { start }] of words.entries()) {
    if (start < done) continue;
    // Longest first: `db-1 of EU` must not become `node-1 of EU`.
    for (let last = Math.min(place + index.wordsMax, words.length) - 1; last >= place; last -= 1) {
      const { end } = words[last]!;
      const found = index.names
        .get(text.slice(start, end))
        ?.find(({ before, after }) => start - before.length >= done && text.endsWith(before, start) && text.startsWith(after, end));
      if (found === undefined) continue;
      result += text.slice(done, start - found.before.length) + found.shown;
      done = end + found.after.length;
      break;
    }
  }
  return result + text.slice(done);
}

function indexOf({ clusters, nodes }: KnownNames): Index {
  const names = new Map<string, KnownName[]>();
  const known = new Set<string>();
  let wordsMax = 0;
  const add = (text: string, shown: string) => {
    const name = inertText(text);
    const words = [...name.matchAll(WORD)];
    const [first, last] = [words[0], words.at(-1)];
    if (known.has(name) || first === undefined || last === undefined) return;
    known.add(name);
    wordsMax = Math.max(wordsMax, words.length);
    const end = last.index + last[0].length;
    const key = name.slice(first.index, end);
    const entry = { before: name.slice(0, first.index), after: name.slice(end), shown };
    const held = names.get(key);
    if (held === undefined) names.set(key, [entry]);
    // Names with more punctuation are replaced first.
    else {
      held.push(entry);
      held.sort((a, b) => b.before.length + b.after.length - a.before.length - a.after.length);
    }
  };
  nodes.forEach((name, index) => {
    add(name, `node-${index + 1}`);
    // Slots are called after their node, in the characters that PostgreSQL allows.
    add(name.toLowerCase().replace(/[^a-z0-9_]/g, '_'), `node_${index + 1}`);
  });
  clusters.forEach(({ slug, name }, index) => {
    add(name, `cluster-${index + 1}`);
    add(slug, `cluster-${index + 1}`);
  });
  return { names, wordsMax };
}
