/** Files that hold a private key of the controller: made once, read by the controller only. */
import { randomUUID } from 'node:crypto';
import { link, readFile, rm, stat, writeFile } from 'node:fs/promises';

/**
 * Written aside and linked into place: two controllers that start together must end up with the same key. @returns the contents of the
 * file.
 */
export async function keepKeyFile(file: string, text: string): Promise<string> {
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, text, { mode: 0o600, flag: 'wx' });
  try {
    await link(draft, file);
    return text;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return await readFile(file, 'utf8');
  } finally {
    await rm(draft, { force: true });
  }
}

/** The text of a key file; `null` when there is none. Throws with a sentence when others can read it; `what` says what it holds. */
export async function readKeyFile(file: string, what: string): Promise<string | null> {
  try {
    const mode = (await stat(file)).mode & 0o777;
    if ((mode & 0o077) !== 0) {
      throw new Error(`${file} holds ${what}, but others can read it (mode ${mode.toString(8)}). Run: chmod 600 ${file}`);
    }
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
