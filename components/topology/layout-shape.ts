/** Defines the input and the output of the topology layout; lengths are pixels of the drawing. */
import type { Site } from '../../lib/domain/topology/model.ts';

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}
export interface SiteBox extends Box {
  key: string;
  provider: string;
  region: string;
  jurisdictions: string[];
}
export interface NodeBox extends Box {
  name: string;
  siteKey: string;
}
export interface LinkPath {
  from: string;
  to: string;
  /** SVG path data from the upstream to the node it feeds. */
  path: string;
  label: Box;
}
export interface TopologyLayout {
  width: number;
  height: number;
  sites: SiteBox[];
  nodes: NodeBox[];
  links: LinkPath[];
}

/** Depends only on names, places and upstreams. */
export interface TopologyShape {
  primary: string | null;
  nodes: { name: string; site: Pick<Site, 'provider' | 'region' | 'jurisdiction'>; upstream: string | null }[];
}
