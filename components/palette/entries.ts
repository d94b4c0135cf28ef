/** Everywhere the palette can go: pages, operations in progress, clusters, nodes, and the plan of every operation. Pure. */
import type { OperationListItem } from '../../lib/domain/operation/answers/answers.ts';
import { KIND_LIST, kindOf } from '../../lib/domain/operation/kinds/registry.ts';
import { planPath } from '../../lib/domain/operation/request-address.ts';
import { STATE } from '../operations/words.ts';
import type { PaletteEntry } from './search.ts';

export interface Places {
  clusters: { slug: string; name: string }[];
  nodes: { cluster: string; address: string; name: string; site: string }[];
}

type Listed = Pick<OperationListItem, 'id' | 'kind' | 'cluster' | 'state'>;

export function paletteEntries(places: Places, underWay: readonly Listed[], seesAudit: boolean): PaletteEntry[] {
  const names = new Map(places.clusters.map(({ slug, name }) => [slug, name]));
  return [
    page('overview', 'Overview', 'every cluster', '/'),
    page('findings', 'Findings', 'open problems and risks', '/findings'),
    page('operations', 'Operations', 'all operations, newest first', '/operations'),
    page('operations/under-way', 'Operations in progress', 'running, waiting or held', '/operations?which=under-way'),
    page('operations/results', 'Results of operations', 'what has ended', '/operations?which=ended'),
    page('operations/unread', 'Unread results', 'ended and not acknowledged', '/operations?which=unread'),
    ...(seesAudit ? [page('audit', 'Audit', 'who did what, and the hash chain', '/audit')] : []),
    page('settings', 'Settings', 'clusters, nodes, users, objectives', '/settings'),
    page('about', 'About and health', 'Farshore itself', '/settings/about'),
    ...underWay.map(({ id, kind, cluster, state }): PaletteEntry => ({
      id: `operation/${id}`,
      kind: 'operation',
      label: `${kindOf(kind).words.name} of ${cluster.name}`,
      detail: STATE[state].word,
      href: `/operations/${id}`,
    })),
    ...places.clusters.map(({ slug, name }): PaletteEntry => ({
      id: `cluster/${slug}`,
      kind: 'cluster',
      label: name,
      detail: 'topology',
      href: clusterPath(slug),
    })),
    // Found only by typing: marked with a `#` in their id.
    ...places.clusters.flatMap(({ slug, name }) => [
      page(`${slug}#slots`, 'Slots & disk', name, `${clusterPath(slug)}/slots`),
      page(`${slug}#archive`, 'Archive & backups', name, `${clusterPath(slug)}/archive`),
      page(`${slug}#nodes`, 'Nodes', name, `${clusterPath(slug)}/nodes`),
      page(`${slug}#operations`, 'Operations', name, `${clusterPath(slug)}/operations`),
      ...KIND_LIST.map(({ kind, words }): PaletteEntry => ({
        id: `${slug}#${kind}`,
        kind: 'action',
        label: words.link,
        detail: name,
        href: planPath(slug, { kind }),
      })),
    ]),
    ...places.nodes.map((node): PaletteEntry => ({
      id: `node/${node.cluster}/${node.address}`,
      kind: 'node',
      label: node.name,
      detail: `${names.get(node.cluster) ?? node.cluster} · ${node.site}`,
      href: `${clusterPath(node.cluster)}/nodes/${encodeURIComponent(node.address)}`,
    })),
  ];
}

const page = (id: string, label: string, detail: string, href: string): PaletteEntry => ({ id, kind: 'page', label, detail, href });
const clusterPath = (slug: string): string => `/clusters/${encodeURIComponent(slug)}`;
