/**
 * How a command reaches an agent and what comes back (DESIGN §5).
 *
 * | request                          | body            | answer          |
 * |----------------------------------|-----------------|-----------------|
 * | GET /v1/commands?wait=&instance=&have=&peek= | –   | CommandsAnswer  |
 * | POST /v1/commands/:id/progress   | CommandProgress | Accepted        |
 * | POST /v1/commands/:id/result     | ResultMessage   | Accepted        |
 * | POST /v1/journal                 | JournalBatch    | JournalAccepted |
 *
 * An envelope is a text and its Ed25519 signature over exactly that text. The agent checks, in this order and each with a code of its
 * own: the signature, the shape, that it is meant for this node, that its number is higher than the highest taken up, that it has not
 * waited longer than it is valid, that its term is not lower than the highest seen. It writes the nonce to its journal with fsync before the effect. The same (operation, step, attempt) is performed once: a
 * second delivery gets the stored result.
 */
import { z } from 'zod';
import { Count, Instant, Name, boundedText } from './primitives.ts';
import { VERBS } from './verbs.ts';
import type { Verb } from './verbs.ts';

/** Held open this long at most when there is nothing to do. */
export const POLL_WAIT_MAX_MS = 25_000;
/** A node is observed often for so long at most, without being told again. */
export const OBSERVE_FOR_MAX_MS = 60_000;
/** An envelope is valid this long at most: long enough for an agent that restarts, too short to be kept for later. */
export const ENVELOPE_LIFE_MAX_MS = 10 * 60_000;
/** By this much the clocks of two machines may differ after correction. */
export const CLOCK_ALLOWANCE_MS = 30_000;
/** An agent refuses a command as `busy` rather than let it wait behind one that may take longer than this and longer than itself. */
export const WAIT_BEHIND_MAX_MS = 120_000;
/** Ids that one poll names as in hand. An agent with more leaves the oldest out; what is sent to it again then, it answers again. */
export const HAVE_MAX = 300;
export const RESULT_BYTES_MAX = 8 * 1024 * 1024;

export const CommandEnvelope = z.strictObject({
  envelopeVersion: z.literal(1),
  /** The command's own id. */
  id: z.uuid(),
  /** `null`: not part of an operation (the steward of leadership). */
  operation: z.uuid().nullable(),
  step: boundedText(80),
  attempt: z.number().int().positive(),
  /** Identity of the node it is for, and its name for people. */
  node: z.uuid(),
  nodeName: Name,
  cluster: Name,
  verb: z.enum(VERBS as [Verb, ...Verb[]]),
  /** Checked against the verb's own. */
  args: z.unknown(),
  term: z.number().int().positive(),
  nonce: z.string().regex(/^[A-Za-z0-9_-]{22,64}$/, 'not a nonce'),
  /**
   * Its place among this node's commands. What only looks, or cancels, may come later than a higher one; everything else is refused then.
   * Only in envelopes for agents that report `commandOrder`: an earlier release does not understand it.
   */
  order: z.number().int().positive().optional(),
  /** The controller's wall clock, which may be wrong. Where there is an `order`, these two neither order nor refuse anything. */
  issuedAt: Instant,
  /** How long it is valid is the difference to `issuedAt`. */
  expiresAt: Instant,
  /** How long performing may take, in milliseconds. The agent gives up then and says so. */
  deadlineMs: Count,
});
export type CommandEnvelope = z.infer<typeof CommandEnvelope>;

/** As much of an envelope as an answer needs. Any version of an agent reads it, also of a command that it does not know. */
export const EnvelopeHead = z.object({
  id: z.uuid(),
  operation: z.uuid().nullable(),
  step: boundedText(80),
  attempt: z.number().int().positive(),
  nodeName: Name,
  verb: boundedText(200),
});
export type EnvelopeHead = z.infer<typeof EnvelopeHead>;

/** `payload` is the JSON text of a CommandEnvelope; `signature` is base64 of Ed25519 over its UTF-8 bytes. */
export const SignedCommand = z.object({
  payload: boundedText(64 * 1024),
  signature: boundedText(200),
  /** How much of its life is left, in milliseconds, when it is handed out. Shortens what the envelope says and never prolongs it. */
  leftMs: Count.optional(),
});
export type SignedCommand = z.infer<typeof SignedCommand>;

export const CommandsAnswer = z.object({
  commands: z.array(SignedCommand).max(16),
  /** Somebody waits to see this node change: it is observed often for so long, in milliseconds. No command: it changes nothing. */
  observeForMs: z.number().int().min(1).max(OBSERVE_FOR_MAX_MS).optional(),
  serverTime: Instant,
});
export type CommandsAnswer = z.infer<typeof CommandsAnswer>;

/** Why an agent did not do what it was told. `reason` beside it is a sentence with what to do next. */
export const REFUSAL_CODES = [
  'signature-invalid',
  'not-understood',
  'not-for-this-node',
  'expired',
  'term-too-low',
  'not-configured',
  'busy',
  'not-the-holder',
  'directory-unusable',
  'directory-not-empty',
  'precondition-failed',
  'journal-unwritable',
] as const;

export const CommandResult = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('done'),
    /** Checked against the verb's own. */
    evidence: z.unknown(),
    tookMs: z.number().nonnegative(),
  }),
  /** Nothing was changed. */
  z.object({ status: z.literal('refused'), code: z.enum(REFUSAL_CODES), reason: boundedText(1000) }),
  /** It was tried. `changed: false` = known to have had no effect; `null` = unknown. */
  z.object({
    status: z.literal('failed'),
    code: z.enum(['deadline', 'cancelled', 'program-failed', 'server-error', 'wal-missing', 'agent-restarted', 'internal']),
    reason: boundedText(2000),
    changed: z.boolean().nullable(),
    tookMs: z.number().nonnegative(),
  }),
]);
export type CommandResult = z.infer<typeof CommandResult>;

export const ResultMessage = z.object({
  contractVersion: z.literal(1),
  instanceId: z.uuid(),
  operation: z.uuid().nullable(),
  step: boundedText(80),
  attempt: z.number().int().positive(),
  result: CommandResult,
});
export type ResultMessage = z.infer<typeof ResultMessage>;

/** `totalBytes: null` = unknown, so that no ETA is given. */
export const CommandProgress = z.object({
  contractVersion: z.literal(1),
  at: Instant,
  /** A sentence such as “Copying the base backup.” */
  doing: boundedText(300),
  doneBytes: Count.nullable(),
  totalBytes: Count.nullable(),
});
export type CommandProgress = z.infer<typeof CommandProgress>;

export const Accepted = z.object({ serverTime: Instant });

/** Hash before the first entry of a journal. */
export const JOURNAL_GENESIS = '0'.repeat(64);
/**
 * One line of an agent's own journal. `hash` is SHA-256 (hex) of `prevHash` followed by `text`; `text` is the exact JSON of a
 * JournalRecord, so that the chain can be checked without agreeing on a canonical form.
 */
export const JournalEntry = z.object({
  sequence: Count,
  text: boundedText(RESULT_BYTES_MAX),
  prevHash: z.string().length(64),
  hash: z.string().length(64),
});
export type JournalEntry = z.infer<typeof JournalEntry>;

/** `by`: `controller`, `agent` (it acted on its own) or `local:USER` (a person on the host). */
export const JournalRecord = z.object({
  at: Instant,
  kind: z.enum(['started', 'done', 'failed', 'refused', 'term', 'fenced', 'break-glass', 'directory']),
  by: boundedText(100),
  command: z.uuid().nullable(),
  operation: z.uuid().nullable(),
  step: boundedText(80).nullable(),
  attempt: Count.nullable(),
  verb: boundedText(40).nullable(),
  term: Count.nullable(),
  nonce: boundedText(64).nullable(),
  /** A sentence, or the reason that a person gave. */
  note: boundedText(2000).nullable(),
  detail: z.unknown(),
});
export type JournalRecord = z.infer<typeof JournalRecord>;

export const JOURNAL_BATCH_ENTRIES_MAX = 100;
export const JournalBatch = z.object({
  contractVersion: z.literal(1),
  instanceId: z.uuid(),
  entries: z.array(JournalEntry).max(JOURNAL_BATCH_ENTRIES_MAX),
});
export type JournalBatch = z.infer<typeof JournalBatch>;
export const JournalAccepted = z.object({ acceptedThrough: Count.nullable(), serverTime: Instant });

/**
 * From an agent's own disk. `unclaimed`: no term was ever noted; `leader`: may be primary under `leaderTerm`; `follower`: must not be;
 * `fenced`: was stopped, and stays so until it is reverted.
 */
export const Authority = z.object({
  termSeen: Count,
  /** The highest `order` taken up; absent: this agent does not go by it. */
  commandOrder: Count.optional(),
  role: z.enum(['unclaimed', 'leader', 'follower', 'fenced']),
  leaderTerm: Count.nullable(),
  fenced: z.object({ at: Instant, reason: boundedText(500) }).nullable(),
  /** The data directory must not be started: a rewind, restore or clone did not finish. */
  unusable: z.object({ since: Instant, reason: boundedText(500) }).nullable(),
  /** Commands in progress. */
  performing: z.array(z.object({ command: z.uuid(), verb: boundedText(40), since: Instant })).max(8),
  journal: z.object({ sequence: Count, hash: boundedText(64) }),
  /** Why this agent can't act, as sentences; empty = it can. */
  obstacles: z.array(boundedText(300)).max(16),
  /** Poolers that this agent can pause and switch, and where each points. */
  poolers: z
    .array(
      z.object({
        name: Name,
        reachable: z.boolean(),
        paused: z.boolean().nullable(),
        primary: Name.nullable(),
        message: boundedText(300).nullable(),
      }),
    )
    .max(8),
  /** Peers whose address this agent knows. */
  peers: z.array(Name).max(64),
});
export type Authority = z.infer<typeof Authority>;
