/** Looks verbs up: the closed list of what an agent can be told to do, made of the modules in `verbs/`. */
import type { z } from 'zod';
import { boundedText } from './primitives.ts';
import { VERB_MODULES } from './verbs/registry.ts';
import type { AnyVerb } from './verbs/verb.ts';

export type Verb = keyof typeof VERB_MODULES;
export type VerbArgs<V extends Verb> = z.infer<(typeof VERB_MODULES)[V]['args']>;
export type VerbEvidence<V extends Verb> = z.infer<(typeof VERB_MODULES)[V]['evidence']>;

export const VERBS = Object.keys(VERB_MODULES) as Verb[];
/** A verb's name as it travels. An agent may be sent one that it does not know. */
export const VerbName = boundedText(40);

export const definitionOf = (verb: Verb): AnyVerb => VERB_MODULES[verb];

export const isVerb = (name: string): name is Verb => Object.hasOwn(VERB_MODULES, name);

/** Verbs of an agent from before 1 December 2026, which reports no list. Never changed. */
export const VERBS_BEFORE_REPORTED: readonly string[] = [
  ...['report', 'note-term', 'checkpoint', 'prepare-slots', 'set-synchronous', 'hold-archive-restore', 'stop-primary', 'await-wal'],
  ...['start-primary', 'promote', 'promise', 'follow', 'start-standby', 'fence', 'keep-diverged', 'rewind', 'restore', 'clone'],
  ...['pooler-pause', 'pooler-resume', 'pooler-point', 'pooler-switch', 'drop-slot', 'restart', 'reload', 'verify-archive'],
  ...['check-backup', 'cancel'],
];

/** Changes nothing, and is told nothing that could grow old. A name that is unknown here counts as changing. */
export const looksOnly = (verb: string): boolean => isVerb(verb) && definitionOf(verb).looksOnly;
