/** The slow loop: facts each minute and when the role changed. */
import type { NodeFacts } from '../../lib/agent-contract/facts.ts';
import { checkRights } from '../check/check.ts';
import { problemSentences } from '../check/report.ts';
import type { AgentConfig } from '../config.ts';
import type { Sender } from '../link/sender.ts';
import { messageOf } from '../../lib/runtime/error-message.ts';
import type { Log } from '../log.ts';
import { readChrony } from './chrony.ts';
import type { Collector } from './collector.ts';
import { binDirectoryFor, readFacts } from './facts.ts';
import { LastRewindTest } from './facts/last-rewind-test.ts';
import { RepositoryWal } from './facts/repository-wal.ts';
import type { Session } from './session.ts';

const FACTS_INTERVAL_MS = 60_000;
/** After a change the server is given a moment to settle. */
const FACTS_SOON_MS = 300;

export interface SlowFactsOptions {
  config: AgentConfig;
  session: Session;
  collector: Collector;
  log: Log;
  sender: () => Sender | null;
}

/** Reads the slow facts each minute and when asked, never twice at once. */
export class SlowFacts {
  readonly #options: SlowFactsOptions;
  readonly #repositoryWal = new RepositoryWal();
  readonly #lastRewindTest: LastRewindTest;
  #timer: NodeJS.Timeout | null = null;
  #reading = false;
  #again = false;
  #stopped = false;

  constructor(options: SlowFactsOptions) {
    this.#options = options;
    this.#lastRewindTest = new LastRewindTest(options.config.agent.state_directory);
  }

  start(): void {
    this.readSoon();
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  readSoon(): void {
    if (this.#reading) this.#again = true;
    else this.#schedule(FACTS_SOON_MS);
  }

  #schedule(ms: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (!this.#stopped) this.#timer = setTimeout(() => void this.#read(), ms);
  }

  async #read(): Promise<void> {
    const { collector, log, sender } = this.#options;
    this.#reading = true;
    this.#again = false;
    try {
      collector.chrony = await readChrony();
      const facts = await this.#facts();
      if (!this.#stopped) sender()?.offerFacts(facts);
    } catch (error) {
      log.repeated('facts-failed', messageOf(error));
    }
    this.#reading = false;
    this.#schedule(this.#again ? FACTS_SOON_MS : FACTS_INTERVAL_MS);
  }

  async #facts(): Promise<NodeFacts> {
    const { config, session, collector, log, sender } = this.#options;
    // Asked only over a session that stands: the tick is what connects, and what judges a server that doesn't answer.
    const problems = session.connected ? problemSentences(await checkRights(session, config)) : [];
    const constants = session.connected ? await session.ready(0).catch(() => null) : null;
    const configured = config.postgres.bin_directory;
    return readFacts({
      session,
      dataDirectory: collector.dataDirectory,
      binDirectory: constants === null ? (configured ?? null) : binDirectoryFor(configured, constants.serverVersionNumber),
      backup: config.backup,
      repositoryWal: this.#repositoryWal,
      lastRewindTest: this.#lastRewindTest,
      logFile: config.postgres.log_file,
      identity: sender()?.identity ?? null,
      problems,
      log,
    });
  }
}
