/**
 * Reuses the buffers into which a link receives from PostgreSQL: each segment of WAL would otherwise leave megabytes to the garbage
 * collector, which then holds up every link for tens of milliseconds. A network does not do that.
 */
const BUFFER_BYTES = 64 * 1024;
const FREE_MAX = 256;
/** Less than this is copied: it would keep a whole buffer for as long as it is on its way. */
const COPIED_BELOW_BYTES = 4096;

const free: Buffer[] = [];

const giveBack = (buffer: Buffer): void => {
  if (free.length < FREE_MAX) free.push(buffer);
};

/** The receiving end of one socket, for the option onread of net.connect. */
export class Receiver {
  #buffer = free.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES);
  /** Told of what has come; `release` is called once it has been passed on. */
  onBytes: (chunk: Buffer, release: () => void) => void = () => undefined;

  get onread(): { buffer: () => Buffer; callback: (bytes: number) => boolean } {
    return { buffer: () => this.#buffer, callback: (bytes) => this.#take(bytes) };
  }

  #take(bytes: number): boolean {
    const full = this.#buffer;
    if (bytes < COPIED_BELOW_BYTES) this.onBytes(Buffer.from(full.subarray(0, bytes)), () => undefined);
    else {
      this.#buffer = free.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES);
      this.onBytes(full.subarray(0, bytes), () => giveBack(full));
    }
    return true;
  }

  close(): void {
    giveBack(this.#buffer);
    this.#buffer = Buffer.alloc(0);
  }
}
