/** Lists the names that are hidden in pictures that leave the house. */
import type { KnownNames } from '../domain/format/hidden-names.ts';
import { authorisedClusters } from '../domain/policy/authorise.ts';
import type { Actor } from '../domain/policy/permissions.ts';
import { listEveryName } from '../db/fleet/names.ts';
import { webDatabase } from '../db/ground/web-database.ts';
import type { Queryable } from '../db/ground/web-database.ts';

/** Also of what was retired: its operations and findings are shown still. In the order they came, so that numbers stay. */
export async function readNames(actor: Actor, db: Queryable = webDatabase()): Promise<KnownNames> {
  return listEveryName(db, authorisedClusters(actor, 'cluster.read'));
}
