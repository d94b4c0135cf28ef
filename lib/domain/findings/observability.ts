/** Judges whether the evidence of an open finding can be seen now. If not, the finding is held open: "no sample" is not "all clear". */
import type { Sighting } from '../topology/sighting.ts';
import type { FindingKind } from './finding-kind.ts';
import type { RuleContext } from './rule.ts';

type IsObservable = FindingKind['isObservable'];

/** For what is judged from the absence of sight itself, or from the registry: never held. */
export const always: IsObservable = () => true;
export const anyNodeSeen: IsObservable = (_, { sightings }) => [...sightings.values()].some(({ fresh }) => fresh);
export const walListingSeen: IsObservable = (_, { sightings }) =>
  [...sightings.values()].some(({ fresh, node }) => fresh && node.facts?.backupRepository?.wal != null);
export const namedNodesSeen: IsObservable = ({ subject }, { sightings }) => {
  const names = subject?.split(', ') ?? [];
  return [...sightings.values()].every(({ name, fresh }) => fresh || !names.includes(name));
};

export const agentSeen = ofNode(({ fresh }) => fresh);
export const postgresSeen = ofNode(({ live }) => live !== null);
export const factsSeen = ofNode(({ fresh, node }) => fresh && node.facts !== null);
export const factsAndPrimarySeen = ofNode(({ live, node }, { primary }) => live !== null && node.facts !== null && primary !== null);
export const upstreamSeen = ofNode((sighting, context) => {
  const upstream = upstreamOf(sighting, context);
  return sighting.live !== null && (upstream === undefined || upstream.live !== null);
});
export const streamSeen = ofNode((sighting, context) => {
  const link = context.linksTo.get(sighting.name);
  return link === undefined ? sighting.role === 'primary' : link.encrypted !== null;
});
/** Either the copy itself or the node that serves it. */
export const copySeen = ofNode((sighting, context) => sighting.live !== null || upstreamOf(sighting, context)?.live != null);

/** A node that was taken out of the cluster takes its findings with it. */
function ofNode(isSeen: (sighting: Sighting, context: RuleContext) => boolean): IsObservable {
  return ({ nodeName }, context) => {
    const sighting = context.sightings.get(nodeName ?? '');
    return sighting === undefined || isSeen(sighting, context);
  };
}

function upstreamOf({ name }: Sighting, { sightings, views }: RuleContext): Sighting | undefined {
  return sightings.get(views.get(name)?.upstream ?? '');
}
