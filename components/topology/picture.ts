/** Builds the text of every card and label, for the screen and the exported file alike. Pure. */
import type { ClusterView, LinkView } from '../../lib/domain/topology/model.ts';
import { providerName } from '../status/words.ts';
import { bundleFace, groupFace, linkFace, nodeFace } from './faces.ts';
import type { GroupFace, LinkFace, NodeFace } from './faces.ts';
import type { NodeGroup } from './grouping.ts';
import type { TopologyLayout } from './layout-shape.ts';

export interface PictureFaces {
  nodes: Map<string, NodeFace>;
  groups: Map<string, GroupFace>;
  /** In the order of `layout.links`. */
  links: LinkFace[];
}

export function pictureFaces(picture: {
  view: ClusterView;
  layout: TopologyLayout;
  groups: ReadonlyMap<string, NodeGroup>;
  nowMs: number;
  /** By node name. */
  busy?: ReadonlyMap<string, string>;
  /** Nodes on which work is announced. */
  maintained?: ReadonlySet<string>;
}): PictureFaces {
  const { view, layout, groups, nowMs, busy, maintained } = picture;
  const groupOf = new Map([...groups.values()].flatMap((group) => group.members.map((name) => [name, group.id] as const)));
  const standIn = (name: string) => groupOf.get(name) ?? name;
  const findingsOf = Map.groupBy(view.findings, ({ nodeName }) => nodeName);
  const byName = new Map(view.nodes.map((node) => [node.name, node]));
  const bundles = Map.groupBy(view.links, (link) => linkKey(standIn(link.from), standIn(link.to)));
  const nodes = new Map<string, NodeFace>();
  for (const { name } of layout.nodes) {
    const node = byName.get(name);
    const now = { doing: busy?.get(name) ?? null, maintained: maintained?.has(name) ?? false };
    if (node !== undefined) nodes.set(name, nodeFace(node, findingsOf.get(name) ?? [], nowMs, now));
  }
  return {
    nodes,
    groups: new Map(
      [...groups.values()].map((group) => {
        const members = group.members.flatMap((name) => byName.get(name) ?? []);
        return [group.id, groupFace({ ...group, provider: providerName(group.provider) }, members, view.findings)];
      }),
    ),
    links: layout.links.map(({ from, to }) => faceOf(from, to, bundles.get(linkKey(from, to)) ?? [], groups)),
  };
}

/** Faces whose texts went through `hide`; their keys and tones stay. */
export function hiddenFaces({ nodes, groups, links }: PictureFaces, hide: (text: string) => string): PictureFaces {
  const hidden = <T extends object>(face: T): T =>
    Object.fromEntries(
      Object.entries(face).map(([key, value]) => [key, typeof value === 'string' && !/tone$/i.test(key) ? hide(value) : value]),
    ) as T;
  const eachHidden = <T extends object>(faces: Map<string, T>) => new Map([...faces].map(([name, face]) => [name, hidden(face)]));
  return { nodes: eachHidden(nodes), groups: eachHidden(groups), links: links.map(hidden) };
}

function faceOf(from: string, to: string, links: readonly LinkView[], groups: ReadonlyMap<string, NodeGroup>): LinkFace {
  const called = (name: string) => {
    const group = groups.get(name);
    return group === undefined ? name : `${group.members.length} nodes in ${providerName(group.provider)} ${group.region}`;
  };
  const target = groups.get(to);
  if (target !== undefined) return bundleFace(called(from), called(to), links, target.members.length);
  const [link] = links;
  return link === undefined ? unknownLink(called(from), called(to)) : linkFace(link);
}

const linkKey = (from: string, to: string): string => JSON.stringify([from, to]);

/** A stream that a node is known to have had, but that the view says nothing about now. */
function unknownLink(from: string, to: string): LinkFace {
  const title = `${from} to ${to}: this stream is unknown now`;
  const figures = { terms: 'sync and TLS unknown', termsTone: null, lag: 'transport unknown', flow: 'apply and WAL rate unknown' };
  return { from, to, state: 'unknown', tone: 'unknown', ...figures, title };
}
