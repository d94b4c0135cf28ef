/**
 * Groups the findings of one cluster by the most upstream fault: a dead standby, its slot and the disk that the slot fills are one group.
 * Nothing is hidden; each finding is in exactly one group.
 */
import { formatCount } from '../format/quantity.ts';
import { slotNameOf } from '../topology/sighting.ts';
import { byUrgency } from '../topology/summary.ts';
import { findingTitle } from './catalogue.ts';
import type { CauseFinding, CauseLook, CauseTopology } from './cause-look.ts';
import { findingKind } from './registry.ts';

export interface CauseGroup<T extends CauseFinding = CauseFinding> {
  /** Stable while the cause stays the same. */
  key: string;
  /** The root fault, in a sentence. */
  title: string;
  /** The finding that explains the others; `null` when several together are the cause (a whole site, one setting on many nodes). */
  root: T | null;
  /** The cause first, then the worst and oldest. */
  findings: T[];
}

interface Causes {
  nodeNames: readonly string[];
  upstreamOf: ReadonlyMap<string, string>;
  consumerOf: (nodeName: string | null, slotName: string | null) => string | null;
}

/** Groups worst first; within a group the cause first. */
export function groupByCause<T extends CauseFinding>(findings: readonly T[], topology: CauseTopology): CauseGroup<T>[] {
  const causes = causesOf(topology);
  const ordered = [...findings].sort((a, b) => byUrgency(a, b) || a.id.localeCompare(b.id));
  const sites = sitesAway(ordered, topology);
  const groups = new Map<string, CauseGroup<T>>();
  for (const finding of ordered) {
    const root = rootOf(finding, ordered, causes);
    const { key, title, isRoot } = nameOf(root, ordered, sites);
    const group = groups.get(key) ?? { key, title, root: isRoot ? root : null, findings: [] };
    group.findings.push(finding);
    groups.set(key, group);
  }
  const all = [...groups.values()].map((group) => ({ ...group, findings: rootFirst(group) }));
  return all.sort((a, b) => byUrgency(worst(a), worst(b)) || a.key.localeCompare(b.key));
}

/** The finding that leads a group: the worst of it, wherever it stands in the chain. */
export function worst<T extends CauseFinding>(group: CauseGroup<T>): T {
  return [...group.findings].sort(byUrgency)[0]!;
}

function rootFirst<T extends CauseFinding>({ root, findings }: CauseGroup<T>): T[] {
  return root === null ? findings : [root, ...findings.filter(({ id }) => id !== root.id)];
}

function causesOf({ nodes, links }: CauseTopology): Causes {
  const nodeNames = nodes.map(({ name }) => name);
  return {
    nodeNames,
    upstreamOf: new Map(nodes.flatMap(({ name, upstream }) => (upstream === null ? [] : [[name, upstream] as const]))),
    consumerOf: (nodeName, slotName) =>
      slotName === null
        ? null
        : (links.find((link) => link.from === nodeName && link.slotName === slotName)?.to ??
          nodeNames.find((name) => slotNameOf(name) === slotName) ??
          null),
  };
}

/**
 * Follows causes upwards. Findings can explain each other in a circle (a full disk stops the server, a stopped server stops the archiver,
 * a stopped archiver fills the disk), and so can a cycle of upstreams: then the most urgent of the circle stands for all of it.
 */
function rootOf<T extends CauseFinding>(finding: T, all: readonly T[], causes: Causes): T {
  const path: T[] = [finding];
  for (;;) {
    const at = path.at(-1)!;
    const cause = causeOf(at, all, causes);
    if (cause === null) return at;
    const start = path.findIndex(({ id }) => id === cause.id);
    if (start >= 0) {
      const circle = new Set(path.slice(start).map(({ id }) => id));
      return all.find(({ id }) => circle.has(id)) ?? at;
    }
    path.push(cause);
  }
}

/** The nearest broken thing that a finding directly follows from. */
function causeOf<T extends CauseFinding>(finding: T, all: readonly T[], causes: Causes): T | null {
  return findingKind(finding.code).cause(finding, lookFrom(finding, all, causes));
}

function lookFrom<T extends CauseFinding>(finding: T, all: readonly T[], causes: Causes): CauseLook<T> {
  const find: CauseLook<T>['find'] = (troubles, about) =>
    all.find(
      (other) => other.id !== finding.id && findingKind(other.code).explains.some((trouble) => troubles.includes(trouble)) && about(other),
    ) ?? null;
  const on: CauseLook<T>['on'] = (name) => (other) => name !== null && other.nodeName === name;
  const awayOn = (name: string | null) => find(['node-away'], on(name));
  return {
    ...{ find, on, awayOn },
    nodeNames: causes.nodeNames,
    consumerOf: causes.consumerOf,
    slotOf: (name) => (other) => name !== null && causes.consumerOf(other.nodeName, other.subject) === name,
    named: (name) => (other) => (other.subject ?? '').split(', ').includes(name ?? ''),
    awayUpstream: (name) => awayUpstream(name, causes, awayOn),
  };
}

/** The nearest upstream that is away: what streams from it, directly or through others, gets nothing. */
function awayUpstream<T>(nodeName: string | null, { upstreamOf }: Causes, awayOn: (name: string | null) => T | null): T | null {
  const seen = new Set<string>();
  let upstream = upstreamOf.get(nodeName ?? '');
  while (upstream !== undefined && !seen.has(upstream)) {
    const away = awayOn(upstream);
    if (away !== null) return away;
    seen.add(upstream);
    upstream = upstreamOf.get(upstream);
  }
  return null;
}

/** Provider and region of nodes that are all away, two or more: the place is the cause, not each node. */
function sitesAway<T extends CauseFinding>(findings: readonly T[], { nodes }: CauseTopology): Map<string, { key: string; title: string }> {
  const away = new Set(findings.filter(isSilent).map(({ nodeName }) => nodeName));
  const sites = Map.groupBy(nodes, ({ site }) => `${site.provider} ${site.region}`);
  const named = new Map<string, { key: string; title: string }>();
  const isWholeCluster = nodes.length > 1 && nodes.every(({ name }) => away.has(name));
  for (const [site, members] of sites) {
    if (members.length < 2 && !isWholeCluster) continue;
    if (!members.every(({ name }) => away.has(name))) continue;
    const place = isWholeCluster
      ? {
          key: 'cluster',
          title: `No node of the cluster is seen (${formatCount(nodes.length)}): all are down, or Farshore can’t reach them.`,
        }
      : {
          key: `site ${site}`,
          title: `No node at ${site} is seen (${formatCount(members.length)}): the site or the network to it is down.`,
        };
    for (const { name } of members) named.set(name, place);
  }
  return named;
}

function nameOf<T extends CauseFinding>(
  root: T,
  all: readonly T[],
  sites: ReadonlyMap<string, { key: string; title: string }>,
): { key: string; title: string; isRoot: boolean } {
  const site = isSilent(root) ? sites.get(root.nodeName ?? '') : undefined;
  if (site !== undefined) return { ...site, isRoot: false };
  if (findingKind(root.code).groupedBy === 'occurrence') {
    return { key: `${root.code} ${root.nodeName ?? ''} ${root.subject ?? ''}`, title: root.summary, isRoot: true };
  }
  const same = all.filter(({ code }) => code === root.code);
  const nodeCount = new Set(same.map(({ nodeName }) => nodeName)).size;
  if (same.length === 1) return { key: `code ${root.code}`, title: root.summary, isRoot: true };
  const where =
    nodeCount > 1 ? `on ${formatCount(nodeCount)} nodes` : `${formatCount(same.length)} times on ${same[0]?.nodeName ?? 'the cluster'}`;
  return { key: `code ${root.code}`, title: `${findingTitle(root.code)}, ${where}`, isRoot: false };
}

function isSilent({ code }: CauseFinding): boolean {
  return findingKind(code).explains.includes('node-silent');
}
