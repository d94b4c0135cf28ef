/**
 * Defines a command: a value whose wrapper authorises on the command's object, parses, opens the transaction and writes the audit event
 * that `run` must return. None of it can be forgotten: leaving it out does not type-check.
 */
import { z } from 'zod';
import { actorLabel, appendAudit } from '../audit/append.ts';
import type { AuditOutcome } from '../audit/append.ts';
import { inPrismaTransaction, queryableOf } from '../db/ground/prisma.ts';
import type { Prisma, PrismaTransaction } from '../db/ground/prisma.ts';
import { NotAllowedError, authorise, authorisedClusters } from '../domain/policy/authorise.ts';
import type { Actor, Permission } from '../domain/policy/permissions.ts';

export interface CommandContext {
  prisma: Prisma;
  actor: Actor;
  at: Date;
}

/** The transaction that the changes and the audit event share, and the command's object. */
export interface CommandRun<Found> {
  tx: PrismaTransaction;
  actor: Actor;
  at: Date;
  found: Found;
}

/** Something of one cluster that a command is done to: on that cluster the right is needed. */
export interface CommandObject<Input, Found> {
  /** `null`: there is none. */
  find: (tx: PrismaTransaction, input: Input) => Promise<{ cluster: string; found: Found } | null>;
  /** The refusal when there is none, and word for word the same when the actor may not know of it. */
  missing: (input: Input) => Refusal;
}

export interface Done<T> {
  value: T;
  /** The changed object, by name, and details without secrets. */
  audit: { subject: string; body: Record<string, unknown> };
}

/** `reasons` are sentences for people: for a tooltip, an API error or the terminal. `particulars` of a refusal are for programs. */
export type CommandResult<T> =
  { ok: true; value: T } | { ok: false; kind: 'denied' | 'invalid' | 'refused'; reasons: string[]; particulars?: RefusalParticulars };

/** A code for the refusal, and what a screen or a caller of the API needs to continue. */
export type RefusalParticulars = Readonly<{ code: string } & Record<string, unknown>>;

/** Thrown by `run` when an allowed command is not possible now: everything is rolled back, and the refusal is audited. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly subject: string;
  readonly reasons: string[];
  readonly particulars: RefusalParticulars | undefined;

  /** A sentence, or several, says what is in the way and what to do. */
  constructor(sentences: string | readonly string[], subject: string, particulars?: RefusalParticulars) {
    const reasons = typeof sentences === 'string' ? [sentences] : [...sentences];
    super(reasons.join(' '));
    this.subject = subject;
    this.reasons = reasons;
    this.particulars = particulars;
  }
}

export interface CommandDefinition<Input extends z.ZodType, Found, T> {
  /** `subject.verb`: also the action in the audit log. */
  name: `${string}.${string}`;
  permission: Permission;
  /** The command's object: `fleet` needs the right on the whole fleet. */
  object: 'fleet' | CommandObject<z.output<Input>, Found>;
  input: Input;
  run: (run: CommandRun<Found>, input: z.output<Input>) => Promise<Done<T>>;
}

export type Command<Input extends z.ZodType, T> = ((context: CommandContext, input: z.input<Input>) => Promise<CommandResult<T>>) &
  Pick<CommandDefinition<Input, unknown, T>, 'permission' | 'input'> & { commandName: string };

/** In a transaction of its own, for attempts whose own transaction was rolled back or never opened. */
async function auditAttempt(
  context: CommandContext,
  name: string,
  outcome: AuditOutcome,
  subject: string,
  reasons: string[],
): Promise<void> {
  const entry = { at: context.at, actor: actorLabel(context.actor), action: name, subject, outcome, body: { reasons } };
  await inPrismaTransaction(context.prisma, (tx) => appendAudit(queryableOf(tx), entry));
}

/** Which field, and what is wrong with it; never the value, which may be a password. */
function inputProblems(error: z.ZodError): string[] {
  return error.issues.map((issue) => (issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`));
}

/** Throws NotAllowedError, or the refusal of an object that does not exist. */
async function authorisedObject<Input, Found>(
  tx: PrismaTransaction,
  actor: Actor,
  permission: Permission,
  object: CommandObject<Input, Found>,
  input: Input,
): Promise<Found> {
  const thing = await object.find(tx, input);
  if (thing === null || !authorise(actor, permission, { cluster: thing.cluster })) throw object.missing(input);
  return thing.found;
}

export function defineCommand<Input extends z.ZodType, T, Found = undefined>(
  definition: CommandDefinition<Input, Found, T>,
): Command<Input, T> {
  const { name, permission, object, input: schema, run } = definition;
  const command = async (context: CommandContext, input: z.input<Input>): Promise<CommandResult<T>> => {
    const fail = async (
      kind: 'denied' | 'invalid' | 'refused',
      subject: string,
      reasons: string[],
      particulars?: RefusalParticulars,
    ): Promise<CommandResult<T>> => {
      await auditAttempt(context, name, kind === 'denied' ? 'denied' : 'refused', subject, reasons);
      return { ok: false, kind, reasons, ...(particulars === undefined ? {} : { particulars }) };
    };
    const { actor, at } = context;
    try {
      if (object === 'fleet') authorise(actor, permission, 'fleet');
      else authorisedClusters(actor, permission);
      const parsed = schema.safeParse(input);
      if (!parsed.success) return await fail('invalid', 'input', inputProblems(parsed.error));
      const value = await inPrismaTransaction(context.prisma, async (tx) => {
        // A command on the fleet has nothing to find.
        const found = object === 'fleet' ? (undefined as Found) : await authorisedObject(tx, actor, permission, object, parsed.data);
        const done = await run({ tx, actor, at, found }, parsed.data);
        const { subject, body } = done.audit;
        await appendAudit(queryableOf(tx), {
          at,
          actor: actorLabel(actor),
          action: name,
          subject,
          outcome: 'done',
          body,
        });
        return done.value;
      });
      return { ok: true, value };
    } catch (error) {
      if (error instanceof NotAllowedError) {
        return fail('denied', error.scope === 'fleet' ? permission : `cluster:${error.scope.cluster}`, [error.message]);
      }
      if (error instanceof Refusal) return fail('refused', error.subject, error.reasons, error.particulars);
      throw error;
    }
  };
  return Object.assign(command, { commandName: name, permission, input: schema });
}
