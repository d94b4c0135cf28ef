/** The small vocabulary that every message between an agent and the controller is made of. */
import { z } from 'zod';

/** Version of the contract in this folder. It grows when a message changes in a way that an older peer would misread. */
export const CONTRACT_VERSION = 1;

/** A log sequence number as PostgreSQL prints it, such as `0/3000060`. Compared only after parsing, never as text. */
export const LsnText = z.string().regex(/^[0-9A-Fa-f]{1,8}\/[0-9A-Fa-f]{1,8}$/, 'not an LSN');
export type LsnText = z.infer<typeof LsnText>;

/** UTC time with milliseconds, as `Date.prototype.toISOString` writes it. */
export const Instant = z.iso.datetime({ offset: false });
export type Instant = z.infer<typeof Instant>;

/** A byte count or other counter that fits JavaScript's exact integers. */
export const Count = z.number().int().nonnegative();
/** A difference that may be negative. */
export const SignedCount = z.number().int();

/** Text that came from a server: bounded, so that a hostile or broken peer can't fill the store. */
export const boundedText = (max: number) => z.string().max(max);

/** PostgreSQL names are at most 63 bytes; a node's name follows DNS label habits and is bounded alike. */
export const Name = boundedText(63);

/** A name as PostgreSQL allows it for a replication slot. */
export const SlotName = z
  .string()
  .regex(/^[a-z0-9_]{1,63}$/, 'the name of a slot is made of at most 63 lower-case letters, digits and underscores');
export const Timeline = z.number().int().positive();

/** `synchronous_standby_names` in parts; `null` = empty. */
export const SynchronousStandbys = z
  .object({ method: z.enum(['ANY', 'FIRST']), required: z.number().int().min(1).max(16), standbys: z.array(Name).min(1).max(16) })
  .nullable();
export type SynchronousStandbys = z.infer<typeof SynchronousStandbys>;

/** That one agent can move. */
export const POOLERS_MAX = 8;

/** RFC 9457 problem: what every refusal of the controller looks like. `retryable` tells the agent whether waiting helps. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  retryable: z.boolean(),
});
export type Problem = z.infer<typeof Problem>;
