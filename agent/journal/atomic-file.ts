import { closeSync, fchownSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';
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
  try {
    if (process.getuid?.() === 0) {
      const { uid, gid } = statSync(directory);
      fchownSync(handle, uid, gid);
    }
    writeSync(handle, content);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(temporary, file);
  const directoryHandle = openSync(directory, 'r');
  try {
    fsyncSync(directoryHandle);
  } finally {
    closeSync(directoryHandle);
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
