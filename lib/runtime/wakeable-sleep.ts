/** A sleep of one loop that something else ends early. */
export class WakeableSleep {
  #end: () => void = () => undefined;

  /** Until `wake`, or for `ms` milliseconds; `null` = only until `wake`. A `wake` from before it counts for nothing: look for news first. */
  async sleep(ms: number | null): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = ms === null ? undefined : setTimeout(resolve, ms);
      this.#end = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#end = () => undefined;
  }

  wake(): void {
    this.#end();
  }
}
