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
 * An agent performs one command per lane at a time; lanes do not wait for each other.
 * - `look`: reads, or ends another command: in no order, any number at once;
 * - `term`: takes note of who leads;
 * - `server`: changes the server, its settings or its data directory;
 * - `pooler`: talks to a connection pooler;
 * - `beside`: long work that leaves the server as it is;
 * - `drill`: a throwaway instance.
 */
export const LANES = ['look', 'term', 'server', 'pooler', 'beside', 'drill'] as const;
export type Lane = (typeof LANES)[number];

/**
 * - `in-turn`: waits for its lane, or is refused as busy;
 * - `before-steering`: waits for nothing, and interrupts what steers the server;
 * - `before-everything`: waits for nothing, and interrupts all that uses the server or its directory.
 */
export type Urgency = 'in-turn' | 'before-steering' | 'before-everything';

/**
 * What interrupts it while it is under way, at the least, and what an interruption leaves behind, as a sentence. `server-commands`: it can't
 * continue beside a change of the server.
 */
export type Yields = 'never' | { to: 'before-everything' | 'before-steering' | 'server-commands'; leaves: string };

/** What leadership allows, and what it is before and after. Words; the rules behind them stand in agent/authority/rules.ts. */
export interface LeadershipRule {
  /**
   * - `always`;
   * - `usable-directory`: no unfinished copy lies there;
   * - `as-it-was`: also, leadership does not forbid that the server is writable;
   * - `new-leader`: also, the term is this node's or nobody's, and the node is not fenced;
   * - `former-leader`: also, the term is this node's or nobody's, and the node has led.
   */
  allowed: 'always' | 'usable-directory' | 'as-it-was' | 'new-leader' | 'former-leader';
  /** Durable before the effect. `named-holder`: the node that the argument `holder` names leads. */
  before: 'term-only' | 'claims' | 'claims-unless-told' | 'named-holder' | 'fenced';
  /** Durable after it was done. */
  after: 'unchanged' | 'handed-over' | 'standby-if-in-recovery' | 'standby-if-streaming';
}

/** What the control role and the host must offer for it; `farshore-agent check` asks for all of it. */
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
  /** What it proves it did. */
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
