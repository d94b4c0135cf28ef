/** Compares the volumes that hold tablespaces of the primary with those of a node that gets a new copy, which puts them at the same paths. */
import { formatBytes } from '../../format/quantity.ts';
import type { Check } from '../model.ts';
import { listed } from '../plan/planned.ts';
import type { Picture, PictureNode } from '../plan/planning-topology.ts';
import { check, limited } from './check-making.ts';

/** Empty when the primary has none, or its agent does not say (older). A node that is to be filled has none yet: then it is a warning. */
export function roomForTablespaces(target: PictureNode, picture: Picture): Check[] {
  const { primary } = picture.before;
  const source = primary === null || primary === target.name ? null : (picture.nodes.get(primary)?.view?.tablespaces ?? null);
  if (source === null) return [];
  const own = target.view?.tablespaces?.volumes ?? [];
  const checks = source.volumes.map(({ mountPoint, sizeBytes, freeBytes }) => {
    const used = sizeBytes - freeBytes;
    const about = {
      id: `room-for-tablespaces-${mountPoint}`,
      title: `${target.name} has free space for the tablespaces at ${mountPoint}`,
      threshold: `${formatBytes(used)} in all`,
      node: target,
    };
    const there = own.find((volume) => volume.mountPoint === mountPoint);
    const mend = `Make a volume of at least ${formatBytes(used)} at ${mountPoint} of ${target.name}: the copy needs the same path.`;
    if (there === undefined) return check(about, 'warn', 'no such volume is known', mend);
    return limited(about, used, there.sizeBytes, () => `${formatBytes(there.sizeBytes)} in all`, mend);
  });
  if (source.more === 0) return checks;
  const about = {
    id: 'room-for-other-tablespaces',
    title: `${target.name} has free space for the other tablespaces`,
    threshold: 'all known',
    node: target,
  };
  const mend = `Compare the volumes under pg_tblspc of ${listed([primary ?? '', target.name])} by hand.`;
  return [...checks, check(about, 'warn', `${source.more} unknown`, mend)];
}
