/** Why this agent can't act, as sentences, and what it reaches: looked at each minute, and poolers more often. */
import type { Authority } from '../../lib/agent-contract/commands.ts';
import { checkControl } from '../check/control.ts';
import { problemSentences } from '../check/report.ts';
import type { AgentConfig } from '../config.ts';
import { messageOf } from '../../lib/runtime/error-message.ts';
import type { Log } from '../log.ts';

const CHECK_INTERVAL_MS = 60_000;
const POOLER_INTERVAL_MS = 5000;
const SENTENCES_MAX = 16;
const SENTENCE_MAX = 300;

export class Obstacles {
  readonly #config: AgentConfig;
  readonly #log: Log;
  #sentences: string[] = [];
  #poolers: Authority['poolers'] = [];
  #checkTimer: NodeJS.Timeout | null = null;
  #poolerTimer: NodeJS.Timeout | null = null;
  #stopped = false;

  constructor(config: AgentConfig, log: Log) {
    this.#config = config;
    this.#log = log;
  }

  get sentences(): readonly string[] {
    return this.#sentences;
  }

  get poolers(): Authority['poolers'] {
    return this.#poolers;
  }

  start(): void {
    void this.#check();
    if (Object.keys(this.#config.poolers).length > 0) void this.lookAtPoolers();
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of [this.#checkTimer, this.#poolerTimer]) if (timer !== null) clearTimeout(timer);
  }

  async #check(): Promise<void> {
    try {
      this.#sentences = problemSentences(await checkControl(this.#config))
        .map((sentence) => sentence.slice(0, SENTENCE_MAX))
        .slice(0, SENTENCES_MAX);
    } catch (error) {
      this.#log.repeated('control-unchecked', messageOf(error));
    }
    if (!this.#stopped) this.#checkTimer = setTimeout(() => void this.#check(), CHECK_INTERVAL_MS);
  }

  /** Also after a command that moved one. Never throws. */
  async lookAtPoolers(): Promise<void> {
    if (this.#poolerTimer !== null) clearTimeout(this.#poolerTimer);
    this.#poolerTimer = null;
    try {
      const { poolerStates } = await import('./pooler/states.ts');
      this.#poolers = await poolerStates(this.#config);
    } catch (error) {
      this.#log.repeated('poolers-unread', messageOf(error));
    }
    if (!this.#stopped && this.#poolerTimer === null) this.#poolerTimer = setTimeout(() => void this.lookAtPoolers(), POOLER_INTERVAL_MS);
  }
}
