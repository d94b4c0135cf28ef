/** A line that only the next of its kind replaces, such as `1024/4096 kB (25%) copied`. */
const IS_PROGRESS = /^\s*\d+\/\d+ kB/;
const LINES_MAX = 400;

/** Each output line with the seconds after which it came: shows where a long run spends its time. */
export class TimedOutput {
  readonly #now: () => number;
  readonly #beganAtMs: number;
  #lines: { text: string; isProgress: boolean }[] = [];
  #rest = '';

  /** @param now milliseconds on a clock that only goes forward. */
  constructor(now = (): number => performance.now()) {
    this.#now = now;
    this.#beganAtMs = now();
  }

  /** Takes output as it comes, in pieces of any size. */
  add(text: string): void {
    const lines = `${this.#rest}${text}`.split(/[\r\n]/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#take(line);
  }

  get text(): string {
    this.#take(this.#rest);
    this.#rest = '';
    return this.#lines.map(({ text }) => text).join('\n');
  }

  #take(line: string): void {
    if (line.trim() === '') return;
    const seconds = ((this.#now() - this.#beganAtMs) / 1000).toFixed(2);
    const isProgress = IS_PROGRESS.test(line);
    if (isProgress && this.#lines.at(-1)?.isProgress === true) this.#lines.pop();
    this.#lines.push({ text: `${seconds} s ${line}`, isProgress });
    if (this.#lines.length > LINES_MAX) this.#lines.shift();
  }
}
