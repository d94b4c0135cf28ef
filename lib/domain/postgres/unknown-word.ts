/** Tells words of PostgreSQL's that this release does not know (agent-contract/salvage.ts) from those that it does. */
import type { UnknownWord } from '../../agent-contract/salvage.ts';

const UNKNOWN_PREFIX = 'unknown: ';

/** No rule may take such a word for a good state. */
export const isUnknownWord = (word: string | null): word is UnknownWord => word?.startsWith(UNKNOWN_PREFIX) ?? false;
