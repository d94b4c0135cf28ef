/** Where what a node may do, and how it could be brought back, is asked for. */
export const STANDING_EVERY_MS = 5_000;

export const standingUrl = (slug: string, node: string): string => `/api/standing/${encodeURIComponent(slug)}/${encodeURIComponent(node)}`;
