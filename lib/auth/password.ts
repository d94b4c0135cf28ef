import { hash, verify } from '@node-rs/argon2';
import { randomBytes } from 'node:crypto';

/** A longer text than this is refused unread: hashing it would only cost time. */
const LONGEST_PASSWORD_CHARACTERS = 1024;

let decoy: Promise<string> | null = null;

/**
 * Whether a password fits a stored argon2id hash. With `null` (no such account, or one that may not sign in) the same work is done
 * against a hash that nothing fits, so that neither answer nor duration tells the cases apart.
 */
export async function passwordFits(storedHash: string | null, password: string): Promise<boolean> {
  decoy ??= hash(randomBytes(32).toString('hex'));
  const against = storedHash ?? (await decoy);
  const fits = await verify(against, password.slice(0, LONGEST_PASSWORD_CHARACTERS)).catch(() => false);
  return fits && storedHash !== null && password.length <= LONGEST_PASSWORD_CHARACTERS;
}
