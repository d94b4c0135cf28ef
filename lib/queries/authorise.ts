import { mayActor, whyDenied } from '../domain/policy/permissions.ts';
import type { Actor, Permission } from '../domain/policy/permissions.ts';

/** Thrown by a query that an actor may not ask. The message may be shown. */
export class NotAllowedError extends Error {}

/** The last gate: every query calls it, so that a page that forgot to ask still reads nothing. */
export function authorise(actor: Actor, permission: Permission): void {
  if (!mayActor(actor, permission)) throw new NotAllowedError(whyDenied(actor, permission) ?? 'Not allowed.');
}
