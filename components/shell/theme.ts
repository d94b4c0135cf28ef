/** Keeps the theme in a cookie, so that the server renders the page in it without a flash. Absent = the system's. */
export const THEME_COOKIE = 'farshore-theme';
export type Theme = 'system' | 'light' | 'dark';

export function parseTheme(text: string | undefined): Theme {
  return text === 'light' || text === 'dark' ? text : 'system';
}
