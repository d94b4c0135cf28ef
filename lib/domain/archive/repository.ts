/** Chooses which agent's listing speaks for the repository: all may see the same one, each at another moment. */
import type { BackupRepository } from '../../agent-contract/facts.ts';
import type { Sighting } from '../topology/sighting.ts';

export interface SeenRepository {
  sighting: Sighting;
  /** With the newest WAL listing that any of them made. */
  repository: BackupRepository;
  /** The node that listed the WAL; `null`: none did. */
  listedBy: string | null;
}

/** One that can be read now before one that can't, then the newest report; and the newest listing of the same stanza. */
export function bestRepository(sightings: readonly Sighting[]): SeenRepository | null {
  const seen = sightings.flatMap((sighting) => {
    const repository = sighting.node.facts?.backupRepository ?? null;
    return repository === null ? [] : [{ sighting, repository, readAtMs: Date.parse(sighting.node.facts!.observedAt) }];
  });
  const rank = ({ sighting, repository }: (typeof seen)[number]): number => (sighting.fresh ? 2 : 0) + (repository.readable ? 1 : 0);
  const best = seen.toSorted((a, b) => rank(b) - rank(a) || b.readAtMs - a.readAtMs)[0];
  if (best === undefined) return null;
  const lister = seen
    .filter(({ repository }) => repository.stanza === best.repository.stanza && repository.wal != null)
    .toSorted((a, b) => Date.parse(b.repository.wal!.startedAt) - Date.parse(a.repository.wal!.startedAt))[0];
  const { wal = null, walMessage = null } = lister?.repository ?? best.repository;
  return { sighting: best.sighting, repository: { ...best.repository, wal, walMessage }, listedBy: lister?.sighting.name ?? null };
}

/** The size of a WAL segment is the same on all nodes of a cluster: any that says it will do. `null` = unknown. */
export function segmentBytesOf(sightings: readonly Sighting[]): number | null {
  return sightings.map(({ node }) => node.facts?.control?.walSegmentBytes).find((bytes) => bytes !== undefined) ?? null;
}
