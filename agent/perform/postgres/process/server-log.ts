/** The server's log from a moment on. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Instance } from '../../../instance.ts';

const BYTES_MAX = 64 * 1024;

export class ServerLogSince {
  readonly #file: string;
  #from = 0;

  constructor(instance: Instance) {
    this.#file = instance.logFile;
    this.beginAnew();
  }

  /** Ignores everything written until now. */
  beginAnew(): void {
    this.#from = this.#read((size) => size) ?? 0;
  }

  /** Written since then; its end when that is long. Empty when it can't be read or goes elsewhere. */
  get text(): string {
    return (
      this.#read((size, handle) => {
        // A log that was rotated begins again.
        const from = Math.max(size < this.#from ? 0 : this.#from, size - BYTES_MAX);
        const bytes = Buffer.alloc(Math.max(0, size - from));
        readSync(handle, bytes, 0, bytes.length, from);
        return bytes.toString('utf8');
      }) ?? ''
    );
  }

  #read<T>(take: (size: number, handle: number) => T): T | null {
    try {
      const handle = openSync(this.#file, 'r');
      try {
        return take(fstatSync(handle).size, handle);
      } finally {
        closeSync(handle);
      }
    } catch {
      return null;
    }
  }
}
