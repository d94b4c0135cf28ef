/** Describes what a finding may look at to name the finding that it follows from (cause.ts). */
import type { LinkView, NodeView, Site } from '../topology/model.ts';
import type { Finding } from './model.ts';

export interface CauseTopology {
  nodes: readonly (Pick<NodeView, 'name' | 'upstream'> & { site: Pick<Site, 'provider' | 'region'> })[];
  links: readonly Pick<LinkView, 'from' | 'to' | 'slotName'>[];
}

export type CauseFinding = Pick<Finding, 'id' | 'code' | 'severity' | 'nodeName' | 'subject' | 'summary' | 'since' | 'evidence'>;

/** Troubles that explain others. A finding says which it is; those that follow from it ask for the trouble, not for a code. */
export type Trouble =
  /** Nothing can be expected of such a node: what depends on it follows from it. */
  | 'node-away'
  | 'node-silent'
  | 'identity-taken'
  | 'split-brain'
  | 'broken-stream'
  | 'no-wal-received'
  | 'paused-replay'
  | 'lost-wal'
  | 'slot'
  | 'lost-slot'
  | 'full-disk'
  | 'archive-backlog'
  | 'failing-archiver';

export interface CauseLook<T extends CauseFinding> {
  nodeNames: readonly string[];
  /** The most urgent other finding that is one of these troubles and about the right thing. */
  find: (troubles: readonly Trouble[], about: (other: T) => boolean) => T | null;
  /** About this node. */
  on: (nodeName: string | null) => (other: T) => boolean;
  /** About the slot whose consumer is this node. */
  slotOf: (nodeName: string | null) => (other: T) => boolean;
  /** Lists this node in its subject. */
  named: (nodeName: string | null) => (other: T) => boolean;
  consumerOf: (nodeName: string | null, slotName: string | null) => string | null;
  /** The finding by which this node is away. */
  awayOn: (nodeName: string | null) => T | null;
  /** The same of its nearest upstream that is away: what streams from it, directly or through others, gets nothing. */
  awayUpstream: (nodeName: string | null) => T | null;
}

export const noCause = (): null => null;

export function textOf(finding: Pick<CauseFinding, 'evidence'>, key: string): string | null {
  const evidence = finding.evidence[key];
  return evidence?.kind === 'text' ? evidence.value : null;
}
