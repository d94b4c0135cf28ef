/** The theme is kept in a cookie, so that the server writes the page in it and nothing flashes. Absent = as the system has it. */
export const THEME_COOKIE = 'farshore-theme';
export type Theme = 'system' | 'light' | 'dark';

export function parseTheme(text: string | undefined): Theme {
  return text === 'light' || text === 'dark' ? text : 'system';
}
