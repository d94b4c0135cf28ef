/** Bounds how much of a fleet is read at once. */

/** The most nodes that one cluster can have. */
export const CLUSTER_NODES_MAX = 500;
/** More nodes than this are in no list; each is still found on the page of its cluster. */
export const NODES_LISTED_MAX = 5_000;
/** More clusters than this are in no list. */
export const CLUSTERS_LISTED_MAX = 500;
