/**
 * Judges from the server's log whether a standby that does not stream ever will. PostgreSQL keeps trying for ever. Only causes that waiting
 * can't cure count; others (an upstream that is away, a slot that is still to be made) do not. The server's words are known in English
 * only: of a log in another language nothing is concluded, and the step says the language (observe/facts/log-language.ts).
 */

export interface StreamVerdict {
  /** Why it never will, as a sentence; `null` = that is unknown. */
  hopeless: string | null;
  /** It has said once what, said again and again, means that. */
  suspect: boolean;
}

/** Between two of these PostgreSQL has looked into the archive and into its own pg_wal as well. */
const REPEATED = 3;

interface Sign {
  /** One match for each time; group 1 tells what it is about. */
  says: RegExp;
  /** After so many times about the same thing. */
  times: number;
  means: (what: string) => string;
}

const SIGNS: readonly Sign[] = [
  {
    says: /requested WAL segment ([0-9A-F]{24}) has already been removed/g,
    times: REPEATED,
    means: (segment) => `The WAL segment ${segment} that this standby needs is neither at its upstream nor in the archive.`,
  },
  {
    says: /This slot has been (invalidated) because|can no longer (?:get changes|access) [^\n]*replication slot/g,
    times: REPEATED,
    means: () => 'Its slot at the upstream was invalidated, and the archive does not bring it on.',
  },
  {
    says: /new timeline \d+ forked off current database system timeline \d+ before (current recovery point [0-9A-F]+\/[0-9A-F]+)/g,
    times: 1,
    means: (where) => `This standby has diverged: its ${where} lies beyond where the new timeline left its own.`,
  },
  {
    // Said once by a standby that is about to turn to the new timeline as well.
    says: /requested starting point ([0-9A-F]+\/[0-9A-F]+ on timeline \d+) is not in this server's history/g,
    times: REPEATED,
    means: (where) => `This standby has diverged: ${where} is no part of its upstream’s history.`,
  },
  {
    says: /highest timeline (\d+ of the primary is behind recovery timeline \d+)/g,
    times: REPEATED,
    means: (which) => `This standby has diverged: timeline ${which}.`,
  },
  {
    says: /database system identifier differs between the (primary) and standby/g,
    times: 1,
    means: () => 'This standby and its upstream are different database systems.',
  },
];

/** `log`: what the server wrote since it was started, or since what it depends on was changed. Pure. */
export function streamVerdict(log: string): StreamVerdict {
  let suspect = false;
  for (const { says, times, means } of SIGNS) {
    const about = [...log.matchAll(says)].map(([whole, what]) => what ?? whole);
    const last = about.at(-1);
    if (last === undefined) continue;
    suspect = true;
    // A standby that gets on by the archive asks for another segment each time.
    if (about.filter((one) => one === last).length >= times) return { hopeless: means(last), suspect };
  }
  return { hopeless: null, suspect };
}
