/** The documented shapes of `/api/v1/clusters` and `/api/v1/clusters/:slug/topology`. Pure: unknown is `null`, never 0. */
import type { Evidence, Severity } from '../domain/findings/model.ts';
import type { FindingCode } from '../domain/findings/registry.ts';
import type { ClusterView, LinkState, NodeState, Role, Rpo, Site } from '../domain/topology/model.ts';
import { ageClusterView } from '../domain/topology/age.ts';
import type { ClusterRead } from './cluster.ts';

export interface TopologyAnswer {
  slug: string;
  name: string;
  /** When the controller computed it; `null`: not yet. */
  computedAt: string | null;
  primary: string | null;
  term: number | null;
  rpo: { state: Rpo['state']; boundSeconds: number | null; boundBytes: number | null; bestStandby: string | null; since: string | null };
  nodes: {
    name: string;
    role: Role;
    upstream: string | null;
    site: Site;
    timeline: number | null;
    state: NodeState;
    stateReason: string | null;
    observedAt: string | null;
    lag: { transportBytes: number | null; applyBytes: number | null; totalBytes: number | null; seconds: number | null };
  }[];
  links: {
    from: string;
    to: string;
    state: LinkState;
    stateReason: string | null;
    syncState: 'async' | 'potential' | 'sync' | 'quorum' | null;
    /** `null`: unknown, or seen and not encrypted; `encrypted` tells which. */
    tls: { version: string; cipher: string } | null;
    encrypted: boolean | null;
  }[];
  findings: {
    code: FindingCode;
    severity: Severity;
    node: string | null;
    subject: string | null;
    since: string;
    summary: string;
    evidence: Record<string, Evidence>;
  }[];
}

/** Before the controller's first look: the registered nodes, all unknown. */
export function topologyAnswer(cluster: ClusterRead, nowMs: number): TopologyAnswer {
  return cluster.view === null ? beforeFirstLook(cluster) : fromView(ageClusterView(cluster.view, nowMs));
}

function fromView(view: ClusterView): TopologyAnswer {
  return {
    slug: view.slug,
    name: view.name,
    computedAt: view.computedAt,
    primary: view.primary,
    term: view.term,
    rpo: {
      state: view.rpo.state,
      boundSeconds: view.rpo.boundSeconds,
      boundBytes: view.rpo.boundBytes,
      bestStandby: view.rpo.bestStandby,
      since: view.rpo.since,
    },
    nodes: view.nodes.map(({ name, role, upstream, site, timeline, state, stateReason, observedAt, lag }) => ({
      ...{ name, role, upstream, site, timeline, state, stateReason, observedAt },
      lag: { transportBytes: lag.transportBytes, applyBytes: lag.applyBytes, totalBytes: lag.totalBytes, seconds: lag.seconds },
    })),
    links: view.links.map(({ from, to, state, stateReason, syncState, tls, encrypted }) => ({
      ...{ from, to, state, stateReason, syncState, encrypted },
      tls: tls === null ? null : { version: tls.version, cipher: tls.cipher },
    })),
    findings: view.findings.map(({ code, severity, nodeName, subject, since, summary, evidence }) => ({
      ...{ code, severity, node: nodeName, subject, since, summary, evidence },
    })),
  };
}

function beforeFirstLook(cluster: ClusterRead): TopologyAnswer {
  const lag = { transportBytes: null, applyBytes: null, totalBytes: null, seconds: null };
  return {
    ...{ slug: cluster.slug, name: cluster.name, computedAt: null, primary: null, term: null, links: [], findings: [] },
    rpo: { state: 'unknown', boundSeconds: null, boundBytes: null, bestStandby: null, since: null },
    nodes: cluster.registered.map(({ name, site }) => ({
      ...{ name, site, role: 'unknown', upstream: null, timeline: null, state: 'unknown', observedAt: null, lag },
      stateReason: 'Farshore has not evaluated this cluster yet.',
    })),
  };
}
