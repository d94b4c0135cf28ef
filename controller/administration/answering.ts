/** Connects the administrator's command line to the database, runs commands and prints answers. */
import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import type { CommandContext, CommandResult } from '../../lib/commands/define.ts';
import { readControllerConfig } from '../../lib/config/controller.ts';
import type { ControllerConfig } from '../../lib/config/controller.ts';
import { applyMigrations } from '../../lib/db/ground/migrations.ts';
import { createPrisma } from '../../lib/db/ground/prisma.ts';
import type { Prisma } from '../../lib/db/ground/prisma.ts';
import { openAuthority } from '../pki/certificate-authority.ts';
import { privateDatabaseUrl } from '../private-postgres.ts';
import { messageOf } from '../../lib/runtime/error-message.ts';

/** `text` for people, `data` with `--json`. */
export interface Answer {
  text: string;
  data: unknown;
}

/** Something the person asked for is not possible; printed without a stack. */
export class AdminProblem extends Error {}

const config = (): ControllerConfig => readControllerConfig(process.env);
export const databaseUrl = (): string => config().databaseUrl ?? privateDatabaseUrl(path.join(config().dir, 'database'));

export async function withPrisma<T>(work: (prisma: Prisma) => Promise<T>): Promise<T> {
  const url = databaseUrl();
  await applyMigrations(url);
  const prisma = createPrisma(url, 1);
  try {
    return await work(prisma);
  } finally {
    await prisma.$disconnect();
  }
}

/** Runs one command as the administrator and turns a refusal into an error. */
export async function runCommand<T>(command: (context: CommandContext) => Promise<CommandResult<T>>): Promise<T> {
  const actor = { kind: 'system', process: `admin/${os.userInfo().username}` } as const;
  const result = await withPrisma((prisma) => command({ prisma, actor, at: new Date() }));
  if (result.ok) return result.value;
  throw new AdminProblem(result.reasons.join('\n'));
}

/** The pin of the authority that the gateway serves with, read from the controller's directory. */
export async function caFingerprint(given: string | undefined): Promise<string> {
  if (given !== undefined) return given;
  const dir = path.join(config().dir, 'pki');
  if (existsSync(path.join(dir, 'authority.pem'))) return (await openAuthority(dir)).caFingerprint;
  throw new AdminProblem(
    `There is no authority in ${dir}. Run this where the controller runs (same FARSHORE_DIR), or give --ca-fingerprint, which the controller prints at start.`,
  );
}

/** Wires one subcommand: prints its answer, or the problem, and sets the exit status. */
export function answers<A extends unknown[]>(program: Command, work: (...args: A) => Promise<Answer>) {
  return async (...args: A): Promise<void> => {
    const json = program.opts<{ json?: boolean }>().json === true;
    try {
      const { text, data } = await work(...args);
      console.log(json ? JSON.stringify(data) : text);
    } catch (error) {
      const message = messageOf(error);
      console.error(json ? JSON.stringify({ error: message }) : message);
      process.exitCode = 1;
    }
  };
}

export const wholeNumber = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new AdminProblem(`Expected a whole number, not “${text}”.`);
  return Number(text);
};
export const list = (text: string): string[] => text.split(',').map((part) => part.trim());
