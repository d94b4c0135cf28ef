import { hash, verify } from '@node-rs/argon2';
import { randomBytes } from 'node:crypto';

/** A longer text than this is refused unread: hashing it would only cost time. */
const LONGEST_PASSWORD_CHARACTERS = 1024;

/** Hashes under way at once, and attempts that may wait for one: a flood of sign-ins must not take the machine or its memory. */
const HASHES_AT_ONCE_MAX = 2;
const WAITING_MAX = 50;
let running = 0;
const waiting: (() => void)[] = [];

/** Too many people sign in at this moment. */
export class SignInBusyError extends Error {}

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= HASHES_AT_ONCE_MAX) {
    if (waiting.length >= WAITING_MAX) throw new SignInBusyError('Too many sign-ins at once. Try again in a few seconds.');
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else {
    running += 1;
  }
  try {
    return await work();
  } finally {
    // The turn is handed on as it is, so that nobody slips in between.
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  }
}

let decoy: Promise<string> | null = null;

/**
 * With `null` (no such account, or one that may not sign in) the same work is done against an unmatchable hash: neither answer nor duration
 * tells the cases apart. @throws SignInBusyError when too many attempts wait already.
 */
export async function passwordFits(storedHash: string | null, password: string): Promise<boolean> {
  decoy ??= hash(randomBytes(32).toString('hex'));
  const against = storedHash ?? (await decoy);
  const fits = await inTurn(() => verify(against, password.slice(0, LONGEST_PASSWORD_CHARACTERS)).catch(() => false));
  return fits && storedHash !== null && password.length <= LONGEST_PASSWORD_CHARACTERS;
}
