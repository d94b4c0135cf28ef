/** Defines the description of a screen: navigation, palette, titles, breadcrumb, rights and "not found" are derived from it (decision 0031). Every member is required. */
import type { Permission } from '../policy/permissions.ts';

export interface Screen<N extends string = string> {
  /** Stable: pages ask for their screen by it. */
  readonly name: N;
  /** The navigation in which it stands: the header, the tabs of a cluster, the column of the settings. In the order of the registry. */
  readonly place: 'main' | 'cluster' | 'settings';
  /** Whole, or below the address of a cluster; empty = the first page of a cluster. */
  readonly path: string;
  /** Other addresses of the same page. */
  readonly alsoAt: readonly string[];
  /** In navigation, breadcrumb and palette. */
  readonly label: string;
  /** Of the document and its heading; `{cluster}` is the name of the cluster. */
  readonly title: string;
  /** Its content in a few words, beside its name in the palette. */
  readonly about: string;
  /** Parts of it that the palette offers as well, by the query of their address. */
  readonly parts: readonly { readonly query: string; readonly label: string; readonly about: string }[];
  /** Shown by the palette before anything is typed. A page of a cluster is only found by typing. */
  readonly offered: boolean;
  /** A live figure beside its label in the navigation. */
  readonly count: 'open-findings' | null;
  /** The right that it needs. */
  readonly access: ScreenAccess;
  /** Said by the pages of single objects below it when there is no such object; `null` = it has none. */
  readonly missing: { readonly title: string; readonly why: string } | null;
}

export interface ScreenAccess {
  readonly permission: Permission;
  /** `anywhere`: held on any cluster; its query cuts what is shown to those clusters. */
  readonly on: 'anywhere' | 'fleet';
  /** Without the right: `null` = it is in no navigation and refuses. A heading = its page says why under that heading. */
  readonly otherwise: string | null;
}

export const READERS: ScreenAccess = { permission: 'cluster.read', on: 'anywhere', otherwise: null };
export const NO_PARTS: Screen['parts'] = [];
