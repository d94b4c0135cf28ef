/** What a topology is drawn from, and what a drawing of it is made of; lengths are pixels of the drawing. */
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

/** What the drawing depends on: the names, where they are, and who follows whom. */
export interface TopologyShape {
  primary: string | null;
  nodes: { name: string; site: Pick<Site, 'provider' | 'region' | 'jurisdiction'>; upstream: string | null }[];
}
