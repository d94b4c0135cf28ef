/**
 * What a command is: a value whose wrapper authorises, parses, opens the transaction and writes the audit event that `run` must
 * return. Nothing of that can be forgotten, because leaving it out does not type-check.
 */
import { z } from 'zod';
import { actorLabel, appendAudit } from '../audit/append.ts';
import type { AuditOutcome } from '../audit/append.ts';
import { inPrismaTransaction, queryableOf } from '../db/ground/prisma.ts';
import type { Prisma, PrismaTransaction } from '../db/ground/prisma.ts';
import type { Actor, Permission } from '../domain/policy/permissions.ts';
import { mayActor, whyDenied } from '../domain/policy/permissions.ts';

/** Who asks, when, and where it is written. */
export interface CommandContext {
  prisma: Prisma;
  actor: Actor;
  at: Date;
}

/** What `run` gets: the transaction that its changes and the audit event share. */
export interface CommandRun {
  tx: PrismaTransaction;
  actor: Actor;
  at: Date;
}

export interface Done<T> {
  value: T;
  /** What was changed, by name, and particulars without secrets. */
  audit: { subject: string; body: Record<string, unknown> };
}

/** `reasons` are sentences for people: for a tooltip, an API error or the terminal. `particulars` of a refusal are for programs. */
export type CommandResult<T> =
  { ok: true; value: T } | { ok: false; kind: 'denied' | 'invalid' | 'refused'; reasons: string[]; particulars?: RefusalParticulars };

/** What kind of refusal it is, in a word, and what a screen or a caller of the API needs to go on. */
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

export interface CommandDefinition<Input extends z.ZodType, T> {
  /** `subject.verb`: also the action in the audit log. */
  name: `${string}.${string}`;
  permission: Permission;
  input: Input;
  run: (run: CommandRun, input: z.output<Input>) => Promise<Done<T>>;
}

export type Command<Input extends z.ZodType, T> = ((context: CommandContext, input: z.input<Input>) => Promise<CommandResult<T>>) &
  Omit<CommandDefinition<Input, T>, 'run' | 'name'> & { commandName: string };

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

export function defineCommand<Input extends z.ZodType, T>(definition: CommandDefinition<Input, T>): Command<Input, T> {
  const { name, permission, input: schema, run } = definition;
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
    if (!mayActor(context.actor, permission)) {
      return fail('denied', permission, [whyDenied(context.actor, permission) ?? 'This is not allowed.']);
    }
    const parsed = schema.safeParse(input);
    if (!parsed.success) return fail('invalid', 'input', inputProblems(parsed.error));
    try {
      const value = await inPrismaTransaction(context.prisma, async (tx) => {
        const done = await run({ tx, actor: context.actor, at: context.at }, parsed.data);
        const { subject, body } = done.audit;
        await appendAudit(queryableOf(tx), {
          at: context.at,
          actor: actorLabel(context.actor),
          action: name,
          subject,
          outcome: 'done',
          body,
        });
        return done.value;
      });
      return { ok: true, value };
    } catch (error) {
      if (error instanceof Refusal) return fail('refused', error.subject, error.reasons, error.particulars);
      throw error;
    }
  };
  return Object.assign(command, { commandName: name, permission, input: schema });
}
