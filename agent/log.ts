/** One JSON object per line on stderr: whatever a name contains, a record can't be broken in two or forged. */

const REPEAT_INTERVAL_MS = 60_000;
const REPEAT_KEYS_MAX = 200;

export type LogLevel = 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  info: (event: string, fields?: LogFields) => void;
  warn: (event: string, fields?: LogFields) => void;
  error: (event: string, fields?: LogFields) => void;
  /**
   * For what may happen at each tick. The first is written at once; the same `event` and `message` again only once a minute, with the
   * number of times it happened in between.
   */
  repeated: (event: string, message: string, fields?: LogFields) => void;
}

/** Builds a log over `write`, which is given whole lines without the line end. */
export function createLog(write: (line: string) => void, nowMs: () => number = Date.now): Log {
  const repeats = new Map<string, { writtenAtMs: number; unwritten: number }>();
  const put = (level: LogLevel, event: string, fields: LogFields = {}): void =>
    write(JSON.stringify({ time: new Date(nowMs()).toISOString(), level, event, ...fields }));
  return {
    info: (event, fields) => put('info', event, fields),
    warn: (event, fields) => put('warn', event, fields),
    error: (event, fields) => put('error', event, fields),
    repeated: (event, message, fields) => {
      const key = `${event}\n${message}`;
      const seen = repeats.get(key);
      if (seen !== undefined && nowMs() - seen.writtenAtMs < REPEAT_INTERVAL_MS) {
        seen.unwritten += 1;
        return;
      }
      if (repeats.size >= REPEAT_KEYS_MAX) repeats.clear();
      repeats.set(key, { writtenAtMs: nowMs(), unwritten: 0 });
      put('warn', event, { message, ...fields, ...(seen === undefined || seen.unwritten === 0 ? {} : { repeatedTimes: seen.unwritten }) });
    },
  };
}

/** The log of the process. */
export const stderrLog = (): Log => createLog((line) => process.stderr.write(`${line}\n`));
