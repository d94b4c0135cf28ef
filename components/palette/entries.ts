/** Everywhere the palette can go: pages, operations in progress, clusters, nodes, and the plan of every operation. Pure. */
import type { OperationListItem } from '../../lib/domain/operation/answers/answers.ts';
import { KIND_LIST, kindOf } from '../../lib/domain/operation/kinds/registry.ts';
import { planPath } from '../../lib/domain/operation/request-address.ts';
import type { ScreenName } from '../../lib/domain/screens/registry.ts';
import { addressOf, clusterAddress, screensAt } from '../../lib/domain/screens/screens.ts';
import { STATE } from '../operations/words.ts';
import type { PaletteEntry } from './search.ts';

export interface Places {
  clusters: { slug: string; name: string }[];
  nodes: { cluster: string; address: string; name: string; site: string }[];
}

type Listed = Pick<OperationListItem, 'id' | 'kind' | 'cluster' | 'state'>;

export function paletteEntries(places: Places, underWay: readonly Listed[], listed: readonly ScreenName[]): PaletteEntry[] {
  const names = new Map(places.clusters.map(({ slug, name }) => [slug, name]));
  const fleet = [...screensAt('main'), ...screensAt('settings')].filter(({ name }) => listed.includes(name));
  return [
    ...fleet.flatMap((screen) => [
      page(screen.offered ? screen.name : `#${screen.name}`, screen.label, screen.about, screen.path),
      ...screen.parts.map(({ query, label, about }) => page(`${screen.name}/${query}`, label, about, screen.path + query)),
    ]),
    ...underWay.map(({ id, kind, cluster, state }): PaletteEntry => ({
      id: `operation/${id}`,
      kind: 'operation',
      label: `${kindOf(kind).words.name} of ${cluster.name}`,
      detail: STATE[state].word,
      href: `${addressOf('operations')}/${id}`,
    })),
    ...places.clusters.map(({ slug, name }): PaletteEntry => ({
      id: `cluster/${slug}`,
      kind: 'cluster',
      label: name,
      detail: 'topology',
      href: clusterAddress(slug),
    })),
    // Found only by typing: marked with a `#` in their id.
    ...places.clusters.flatMap(({ slug, name }) => [
      ...screensAt('cluster')
        .filter(({ path }) => path !== '')
        .map((screen) => page(`${slug}#${screen.name}`, screen.label, name, addressOf(screen.name, slug))),
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
      href: `${addressOf('nodes', node.cluster)}/${encodeURIComponent(node.address)}`,
    })),
  ];
}

const page = (id: string, label: string, detail: string, href: string): PaletteEntry => ({ id, kind: 'page', label, detail, href });
