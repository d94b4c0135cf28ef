/** Cuts rows to the clusters that somebody may read. */
import type { ClusterSet } from '../../domain/policy/permissions.ts';

/** The parameter of `($1::text[] IS NULL OR c.slug = ANY ($1))`: an empty set matches nothing, every cluster is no filter. */
export const slugsOf = (clusters: ClusterSet): readonly string[] | null => (clusters === 'every' ? null : clusters);
