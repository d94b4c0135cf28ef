/**
 * A view without the names of people's machines, for screenshots that leave the house. Node names become `node-1`, `node-2` … in the
 * order of `names`; the cluster, addresses and the system identifier go too. Providers and regions stay: they are the point of the picture.
 */
import type { ClusterView } from './model.ts';

export const ANONYMOUS_CLUSTER = 'cluster';
const ADDRESS = /\b\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?\b|\b(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{1,4}\b/gi;

/** `names`: every node ever shown, in an order that only grows, so that a node keeps its number. */
export function anonymiseView(view: ClusterView, names: readonly string[]): ClusterView {
  const hide = hider(view, names);
  const hidden = mapTexts(view, hide) as ClusterView;
  // Instants, LSNs and codes hold no names; sites and slugs are addressed as they are.
  return {
    ...hidden,
    slug: view.slug,
    name: ANONYMOUS_CLUSTER,
    systemIdentifier: null,
    computedAt: view.computedAt,
    nodes: hidden.nodes.map((node, index) => {
      const { site, observedAt, serverVersion, lsn, lag, state, role, agentVersion } = view.nodes[index]!;
      const ages = { primaryObservedAt: lag.primaryObservedAt, standbyObservedAt: lag.standbyObservedAt };
      return {
        ...node,
        ...{ site, observedAt, serverVersion, lsn, state, role, agentVersion },
        systemIdentifier: null,
        lag: { ...node.lag, ...ages },
      };
    }),
  };
}

/** A function that takes every known name out of a text. */
export function hider(view: Pick<ClusterView, 'name' | 'slug' | 'systemIdentifier'>, names: readonly string[]): (text: string) => string {
  const replacements = new Map<string, string>();
  const add = (from: string, to: string) => {
    if (from !== '' && !replacements.has(from)) replacements.set(from, to);
  };
  names.forEach((name, index) => {
    add(name, `node-${index + 1}`);
    // Slots are called after their node, in the characters that PostgreSQL allows.
    add(name.toLowerCase().replace(/[^a-z0-9_]/g, '_'), `node_${index + 1}`);
  });
  if (view.systemIdentifier !== null) add(view.systemIdentifier, 'system identifier');
  add(view.name, ANONYMOUS_CLUSTER);
  add(view.slug, ANONYMOUS_CLUSTER);
  // Longest first: `db-10` must not become `node-1` and a 0.
  const words = [...replacements.keys()].sort((a, b) => b.length - a.length).map(escapeForPattern);
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${words.join('|')})(?![\\p{L}\\p{N}])`, 'gu');
  return (text) => text.replace(pattern, (found) => replacements.get(found) ?? found).replace(ADDRESS, 'address');
}

/** The names known so far, with those of this view added at the end. The same array when there is nothing new. */
export function knownNames(known: readonly string[], view: Pick<ClusterView, 'nodes'>): readonly string[] {
  const fresh = view.nodes.map(({ name }) => name).filter((name) => !known.includes(name));
  return fresh.length === 0 ? known : [...known, ...fresh];
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((entry) => mapTexts(entry, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, mapTexts(entry, change)]));
}

const escapeForPattern = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
