/** How the web process runs a command: for a person who is signed in or an API token, now, under the web's own database role. */
import { webPrisma } from '../db/ground/web-prisma.ts';
import type { Actor } from '../domain/policy/permissions.ts';
import type { CommandContext } from './define.ts';

export function webCommandContext(actor: Extract<Actor, { kind: 'user' | 'apiToken' }>): CommandContext {
  return { prisma: webPrisma(), actor, at: new Date() };
}
