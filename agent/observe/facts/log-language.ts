/** Says in which language the server's log is, and whether the server's log can be read at all: its lines are known in English only, and in the form for people. */

/** `C`, `POSIX`, empty (the environment's, which a service mostly has as C) and English, in any encoding. */
const ENGLISH = /^(|C|POSIX|en|English)([_.@ -].*)?$/i;

export const isEnglish = (lcMessages: string): boolean => ENGLISH.test(lcMessages.trim());

/** Why the reason of a failure can't be read in this log, as a sentence; `null` = it can. Pure. */
export function whyUnreadable({ lcMessages, logDestination }: { lcMessages: string; logDestination: string }): string | null {
  const destinations = logDestination.split(',').map((one) => one.trim().toLowerCase());
  if (!destinations.includes('stderr') && !destinations.includes('syslog'))
    return `The server logs as ${logDestination} only: the reason can’t be read. Add stderr to log_destination.`;
  if (!isEnglish(lcMessages)) return `The server logs in ${lcMessages}: the reason can’t be read. Set lc_messages = 'C' on the server.`;
  return null;
}

/** For people who read lines of this log, or miss a verdict that it would have given; `null` = it is in English, or that is unknown. Pure. */
export const languageNote = (lcMessages: string | null): string | null =>
  lcMessages === null || isEnglish(lcMessages)
    ? null
    : `Its log is in the server’s language (lc_messages = ${lcMessages}). Farshore reads English only, and can’t tell from it whether the standby will ever stream.`;
