/** The shapes of names that people give, with a sentence for those that don't fit. */
import { z } from 'zod';
import { DISPLAYABLE_TEXT } from '../domain/format/displayable-text.ts';
import { NAME_CHARACTERS_MAX } from '../domain/topology/slug.ts';
import { JURISDICTION, JURISDICTION_SENTENCE } from '../domain/policy/jurisdiction.ts';

const NAME = new RegExp(`^(?=.{1,${NAME_CHARACTERS_MAX}}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?$`);
const DISPLAY_LENGTH_MAX = 100;
const PLACE_LENGTH_MAX = 60;

const labelled = (what: string) =>
  z
    .string()
    .regex(
      NAME,
      `${what} is made of lower-case letters, digits and hyphens, 1 to ${NAME_CHARACTERS_MAX} of them, and begins and ends with a letter or digit`,
    );

export const clusterSlug = labelled('the short name of a cluster');
export const nodeName = labelled('the name of a node');

/** Text that people read. */
export const displayText = (what: string, lengthMax = DISPLAY_LENGTH_MAX) =>
  z
    .string()
    .trim()
    .min(1, `${what} is missing`)
    .max(lengthMax, `${what} has more than ${lengthMax} characters`)
    .regex(DISPLAYABLE_TEXT, `${what} holds characters that are not allowed in it (control characters, < or >)`);

export const place = (what: string) => displayText(what, PLACE_LENGTH_MAX);

export const jurisdiction = z.string().regex(JURISDICTION, JURISDICTION_SENTENCE);

export const email = z
  .string()
  .trim()
  .toLowerCase()
  .max(254, 'the address has more than 254 characters')
  .pipe(z.email('it is not an e-mail address, such as ada@example.com'));

const TICKET_LENGTH_MAX = 100;
const OPERATION_REASON_LENGTH_MIN = 10;
const OPERATION_REASON_LENGTH_MAX = 500;

/** Kept for readers of the audit log. */
export const operationReason = displayText('the reason', OPERATION_REASON_LENGTH_MAX).min(
  OPERATION_REASON_LENGTH_MIN,
  `say why in at least ${OPERATION_REASON_LENGTH_MIN} characters`,
);

/** The number of a change or an incident somewhere else; empty = none. */
export const ticket = z.union([z.literal('').transform(() => null), displayText('the ticket', TICKET_LENGTH_MAX), z.null()]).default(null);

export const planHash = z.string().regex(/^[0-9a-f]{64}$/, 'the hash of a plan is 64 hexadecimal digits');
export const operationId = z.uuid('it is not the id of an operation');
