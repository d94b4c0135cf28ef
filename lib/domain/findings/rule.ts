/** Gives rules what they judge from. Rules are pure; each one decides a single code from what is seen now. */
import type { NodeFacts } from '../../agent-contract/facts.ts';
import type { Topology } from '../topology/assemble.ts';
import type { ClusterInput } from '../topology/inputs.ts';
import type { LinkView, NodeView, Rpo } from '../topology/model.ts';
import type { Sighting, Sightings } from '../topology/sighting.ts';
import { sightNodes } from '../topology/sighting.ts';
import type { FindingCandidate } from './model.ts';

export interface RuleContext {
  input: ClusterInput;
  topology: Topology;
  rpo: Rpo;
  nowMs: number;
  sightings: Sightings;
  views: ReadonlyMap<string, NodeView>;
  /** The edge into each standby. */
  linksTo: ReadonlyMap<string, LinkView>;
  /** The only node seen out of recovery now; `null` also when there are two. */
  primary: Sighting | null;
}

/** A finding as its rule says it; the code is its module's. */
export type Said = Omit<FindingCandidate, 'code'>;
export type SaidOfNode = Omit<Said, 'nodeName'>;

export function ruleContext(input: ClusterInput, topology: Topology, rpo: Rpo, nowMs: number): RuleContext {
  const sightings = sightNodes(input, nowMs);
  return {
    input,
    topology,
    rpo,
    nowMs,
    sightings,
    views: new Map(topology.nodes.map((view) => [view.name, view])),
    linksTo: new Map(topology.links.map((link) => [link.to, link])),
    primary: topology.outOfRecovery.length === 1 ? (sightings.get(topology.outOfRecovery[0]!) ?? null) : null,
  };
}

/** A rule that looks at one node at a time. Says nothing about nodes that are not seen now. */
export function perNode(judge: (sighting: Sighting, context: RuleContext) => SaidOfNode[]): (context: RuleContext) => Said[] {
  return (context) =>
    [...context.sightings.values()]
      .filter(({ fresh }) => fresh)
      .flatMap((sighting) => judge(sighting, context).map((said) => ({ nodeName: sighting.name, ...said })));
}

/** The same over what the node reports each minute. */
export function perFacts(
  judge: (facts: NodeFacts, sighting: Sighting, context: RuleContext) => SaidOfNode[],
): (context: RuleContext) => Said[] {
  return perNode((sighting, context) => (sighting.node.facts === null ? [] : judge(sighting.node.facts, sighting, context)));
}

export function settingOf(facts: NodeFacts | null, name: string): string | null {
  return facts?.settings?.find((setting) => setting.name === name)?.value ?? null;
}
