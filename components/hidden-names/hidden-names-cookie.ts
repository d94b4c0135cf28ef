/** Kept in a cookie of the browser's session, so that the server does not even write a page with names while they are hidden. */
export const HIDDEN_NAMES_COOKIE = 'farshore-names';
export const HIDDEN = 'hidden';
