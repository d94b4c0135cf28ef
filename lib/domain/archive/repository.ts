/** Which of a cluster's agents speaks for the repository: they may all see the same one, each at another moment. */
import type { BackupRepository } from '../../agent-contract/facts.ts';
import type { Sighting } from '../topology/sighting.ts';

export interface SeenRepository {
  sighting: Sighting;
  repository: BackupRepository;
}

/** One that can be read before one that can't, one with a listing of WAL before one without, then the newest listing or report. */
export function bestRepository(sightings: readonly Sighting[]): SeenRepository | null {
  const seen = sightings.flatMap((sighting): SeenRepository[] => {
    const repository = sighting.node.facts?.backupRepository ?? null;
    return repository === null ? [] : [{ sighting, repository }];
  });
  const rank = ({ sighting, repository }: SeenRepository): [number, number] => [
    (sighting.fresh ? 4 : 0) + (repository.readable ? 2 : 0) + (repository.wal == null ? 0 : 1),
    Date.parse(repository.wal?.startedAt ?? sighting.node.facts!.observedAt),
  ];
  return (
    seen.toSorted((a, b) => {
      const [[usableA, atA], [usableB, atB]] = [rank(a), rank(b)];
      return usableB - usableA || atB - atA;
    })[0] ?? null
  );
}
