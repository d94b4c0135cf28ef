/** Puts restore_command back when an operation that held it never did: it was given up, or its controller is gone. */
import type { AgentConfig } from '../../config.ts';
import { configuredInstance } from '../../instance.ts';
import { messageOf } from '../../../lib/runtime/error-message.ts';
import type { Log } from '../../log.ts';
import type { CommandRunner } from '../command-runner.ts';
import { readHold } from './restore-command-hold.ts';

/** Longer than any switchover holds it. */
export const HOLD_MAX_MS = 10 * 60_000;
const LOOK_EVERY_MS = 30_000;
const PUT_BACK_DEADLINE_MS = 15_000;

export interface ArchiveHoldWatchOptions {
  config: AgentConfig;
  runner: Pick<CommandRunner, 'performing' | 'performLocally'>;
  term: () => number;
  log: Log;
}

export class ArchiveHoldWatch {
  readonly #options: ArchiveHoldWatchOptions;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: ArchiveHoldWatchOptions) {
    this.#options = options;
  }

  start(): void {
    void this.look(Date.now());
    this.#timer = setInterval(() => void this.look(Date.now()), LOOK_EVERY_MS);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /** Never throws. */
  async look(nowMs: number): Promise<void> {
    const { config, runner, term, log } = this.#options;
    try {
      const hold = readHold(configuredInstance(config));
      // A clock that was set back must not keep it for ever.
      if (hold === null || Math.abs(nowMs - Date.parse(hold.at)) < HOLD_MAX_MS || runner.performing.length > 0) return;
      const reason = `restore_command was held since ${hold.at}, and nobody put it back.`;
      const asked = { verb: 'hold-archive-restore', args: { held: false }, term: term(), by: 'agent', reason } as const;
      const result = await runner.performLocally({ ...asked, deadlineMs: PUT_BACK_DEADLINE_MS });
      if (result.status === 'done') log.info('archive-hold-ended', { message: reason });
      else log.repeated('archive-hold-stays', result.reason);
    } catch (error) {
      log.repeated('archive-hold-stays', messageOf(error));
    }
  }
}
