import { closeSync, fchownSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';

/**
 * Writes a whole file so that a crash leaves either the old content or the new, never a part: temporary file, fsync, rename, fsync of
 * the directory. Written by root (`sudo farshore-agent join`), it is given to the owner of the directory, who runs the agent.
 */
export function writeFileAtomically(file: string, content: string, mode = 0o600): void {
  const directory = path.dirname(file);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const temporary = `${file}.${process.pid}.tmp`;
  const handle = openSync(temporary, 'w', mode);
  let whole = false;
  try {
    if (process.getuid?.() === 0) {
      const { uid, gid } = statSync(directory);
      fchownSync(handle, uid, gid);
    }
    const bytes = Buffer.from(content);
    for (let written = 0; written < bytes.length;) written += writeSync(handle, bytes, written);
    fsyncSync(handle);
    whole = true;
  } finally {
    closeSync(handle);
    // On a full disk the part that was written would keep the room that the next attempt needs.
    if (!whole) rmSync(temporary, { force: true });
  }
  renameSync(temporary, file);
  const directoryHandle = openSync(directory, 'r');
  try {
    fsyncSync(directoryHandle);
  } finally {
    closeSync(directoryHandle);
  }
}

/** The same for what only saves work later: sampling never ends because it could not be noted. @returns whether it is on disk. */
export function writeFileIfPossible(file: string, content: string): boolean {
  try {
    writeFileAtomically(file, content);
    return true;
  } catch {
    return false;
  }
}

/** The parsed JSON of a file, or `null` when there is no such file or it isn't JSON. Other errors (permissions) are thrown. */
export function readJsonFile(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
