/** Loads performers. Each is loaded when it is first needed: an agent that only observes pays nothing for them. */
import { VERBS, definitionOf } from '../../lib/agent-contract/verbs.ts';
import type { Verb } from '../../lib/agent-contract/verbs.ts';
import type { Performer } from './performer.ts';
import { PERFORMERS } from './registry.ts';

export type AnyPerformer = Performer<Verb>;
/** Gives the performer of a verb. */
export type LoadPerformer = (verb: Verb) => Promise<AnyPerformer>;

export const loadPerformer: LoadPerformer = async (verb) => (await PERFORMERS[verb]()).perform as unknown as AnyPerformer;

/** While clients wait there is no time for loading: after the first command of an operation these are made ready. A failure shows when the verb is performed. */
export async function loadCritical(): Promise<void> {
  await Promise.allSettled(VERBS.filter((verb) => definitionOf(verb).critical).map((verb) => PERFORMERS[verb]()));
}
