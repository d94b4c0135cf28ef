/**
 * Defines what one verb is: its arguments and evidence, and all that agent, controller and tests go by when they handle it. One module for
 * each verb stands beside this file; `registry.ts` lists them and is written by `node setup/list-verbs.ts`.
 *
 * Arguments carry names of nodes, slots and poolers, never addresses, paths, passwords or command lines: where a peer is found and
 * with which certificate stands in the agent's own configuration, so that a controller in wrong hands can't redirect a stream of WAL.
 * Every verb may be repeated: done twice, it finds its work done and says so.
 */
import { z } from 'zod';

/**
 * One command per lane at a time; lanes do not wait for each other. `look`: reads, in no order; `term`: leadership; `server`: server,
 * settings, data directory; `pooler`; `beside`: long work that leaves the server as it is; `drill`: a throwaway instance.
 */
export const LANES = ['look', 'term', 'server', 'pooler', 'beside', 'drill'] as const;
export type Lane = (typeof LANES)[number];

/**
 * `in-turn`: waits for its lane, or is refused as busy; `before-steering`: interrupts what steers the server; `before-everything`:
 * interrupts all that uses the server or its directory.
 */
export type Urgency = 'in-turn' | 'before-steering' | 'before-everything';

/**
 * Which urgency interrupts it at the least, and what an interruption leaves behind. `server-commands`: it can't run beside a change of the
 * server.
 */
export type Yields = 'never' | { to: 'before-everything' | 'before-steering' | 'server-commands'; leaves: string };

/** Leadership required before, and the one after. Words; the rules are in agent/authority/rules.ts. */
export interface LeadershipRule {
  /**
   * `usable-directory`: no unfinished copy there; `as-it-was`: the server may also be writable; `new-leader`: also not fenced, and the term
   * is this node's or nobody's; `former-leader`: the same, and the node has led.
   */
  allowed: 'always' | 'usable-directory' | 'as-it-was' | 'new-leader' | 'former-leader';
  /** Durable before the effect. `named-holder`: the node that the argument `holder` names leads. */
  before: 'term-only' | 'claims' | 'claims-unless-told' | 'named-holder' | 'fenced';
  /** Durable after it was done. */
  after: 'unchanged' | 'handed-over' | 'standby-if-in-recovery' | 'standby-if-streaming';
}

/** Requirements on the control role and the host; `farshore-agent check` tests them. */
export interface Needs {
  programs: readonly string[];
  /** With their argument types, such as `pg_switch_wal()`. */
  functions: readonly string[];
  /** Settings that it changes by ALTER SYSTEM. */
  parameters: readonly string[];
}

export interface VerbDefinition<Name extends string, Args extends z.ZodType, Evidence extends z.ZodType> {
  name: Name;
  /** Strict: a key that is unknown is refused, not ignored. */
  args: Args;
  /** Proof of its effect. */
  evidence: Evidence;
  /** Changes nothing, and is told nothing that could grow old: in no order with other commands. */
  looksOnly: boolean;
  lane: Lane;
  urgency: Urgency;
  yields: Yields;
  /** `if-possible`: done also by an agent that can write nothing down. `none`: leaves no entry. */
  journal: 'required' | 'if-possible' | 'none';
  leadership: LeadershipRule;
  /** After it the node is not yet what it will be, and somebody waits to see that: it is observed often for a while. */
  settles: boolean;
  /** Clients may wait while it is performed: its code is loaded ahead. */
  critical: boolean;
  needs: Needs;
}
export type AnyVerb = VerbDefinition<string, z.ZodType, z.ZodType>;

export const NOTHING_NEEDED: Needs = { programs: [], functions: [], parameters: [] };
export const NO_CLAIM: LeadershipRule = { allowed: 'always', before: 'term-only', after: 'unchanged' };
/** Arguments of a verb that takes none. */
export const NoArguments = z.strictObject({});

export const defineVerb = <Name extends string, Args extends z.ZodType, Evidence extends z.ZodType>(
  verb: VerbDefinition<Name, Args, Evidence>,
): VerbDefinition<Name, Args, Evidence> => verb;
