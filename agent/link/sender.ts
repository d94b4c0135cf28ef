/** Sends what waits, oldest first, one request at a time, until it is told to stop. Nothing that goes wrong here ends the agent. */
import type https from 'node:https';
import { BATCH_SAMPLES_MAX, BatchAccepted } from '../../lib/agent-contract/messages.ts';
import { CONTRACT_VERSION } from '../../lib/agent-contract/primitives.ts';
import type { NodeFacts } from '../../lib/agent-contract/facts.ts';
import type { Outbox } from '../journal/outbox.ts';
import type { SequenceCounter } from '../journal/sequence.ts';
import type { SpoolEntry } from '../journal/spool.ts';
import { messageOf } from '../../lib/runtime/error-message.ts';
import type { Log } from '../log.ts';
import { AGENT_VERSION } from '../version.ts';
import { backoffMs } from './backoff.ts';
import { ClockOffsetEstimate } from './clock-offset.ts';
import type { StoredIdentity } from './identity.ts';
import { loadLinkState, storeLinkState } from './link-state.ts';
import type { LinkState } from './link-state.ts';
import { isRenewalDue, renew } from './renewal.ts';
import { RefusedError, httpsAgentFor, postJson } from './request.ts';
import { verdictOn } from './verdict.ts';
import { WakeableSleep } from '../../lib/runtime/wakeable-sleep.ts';

/** Below the controller's limit, with room for facts. */
const BATCH_SAMPLE_BYTES_MAX = 2 * 1024 * 1024;
/** A locked identity is tried again at this interval: an operator may have unlocked it. */
const REFUSED_RETRY_MS = 15_000;
const RENEWAL_RETRY_MS = 60_000;
/** After so many refused samples in a row the fault is not in the samples: go slowly, so that little is lost. */
const REJECTED_IN_A_ROW_MAX = 5;
const REJECTED_PAUSE_MS = 30_000;

export interface SenderOptions {
  stateDirectory: string;
  identity: StoredIdentity;
  instanceId: string;
  outbox: Outbox;
  sequence: SequenceCounter;
  onRenewed: (identity: StoredIdentity) => void;
  log: Log;
}

export class Sender {
  readonly #options: SenderOptions;
  readonly clock = new ClockOffsetEstimate();
  #identity: StoredIdentity;
  #https: https.Agent;
  #facts: NodeFacts | null = null;
  #factsAlone = false;
  #state: LinkState = { state: 'connecting', since: new Date().toISOString(), reason: null };
  #lastAcknowledgedAt: string | null = null;
  #failures = 0;
  #rejectedInARow = 0;
  #batchMax = BATCH_SAMPLES_MAX;
  #renewalRetryAtMs = 0;
  #stopped = false;
  readonly #rest = new WakeableSleep();
  #loop: Promise<void> | null = null;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#identity = options.identity;
    this.#https = httpsAgentFor(options.identity);
    // A refusal outlives a restart: until the controller says otherwise this agent is not accepted.
    const stored = loadLinkState(options.stateDirectory);
    if (stored?.state === 'refused') this.#state = stored;
  }

  get state(): LinkState & { lastAcknowledgedAt: string | null } {
    return { ...this.#state, lastAcknowledgedAt: this.#lastAcknowledgedAt };
  }

  get identity(): StoredIdentity {
    return this.#identity;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Something new waits. */
  nudge(): void {
    if (this.#failures === 0 && this.#state.state !== 'refused') this.#rest.wake();
  }

  /** Facts to send with the next batch; newer ones replace those that wait. */
  offerFacts(facts: NodeFacts): void {
    this.#facts = facts;
    this.nudge();
  }

  /** Ends the loop and gives up the request in flight; what it carried stays in the outbox. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#https.destroy();
    this.#rest.wake();
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#renewWhenDue();
        const pauseMs = await this.#sendOnce();
        if (pauseMs !== 0) await this.#pause(pauseMs);
      } catch (error) {
        // A fault of our own, such as a full disk: say so and continue.
        this.#options.log.repeated('sender-failed', messageOf(error));
        await this.#pause(backoffMs((this.#failures += 1), Math.random()));
      }
    }
  }

  /** Waits for `nudge`, or for the time given (`null` = only for a nudge, but looks again each second). */
  async #pause(ms: number | null): Promise<void> {
    if (this.#stopped) return;
    await this.#rest.sleep(ms ?? 1000);
  }

  /** Sends one batch. Returns how long to wait before the next: 0 = continue, `null` = until there is something new. */
  async #sendOnce(): Promise<number | null> {
    const samples = this.#factsAlone ? [] : this.#options.outbox.peek(this.#batchMax, BATCH_SAMPLE_BYTES_MAX);
    const facts = this.#facts;
    if (samples.length === 0 && facts === null) return null;
    try {
      const answer = await postJson(new URL('/v1/observations', this.#identity.controllerUrl), this.#body(samples, facts), this.#https);
      const accepted = BatchAccepted.parse(answer.body);
      this.clock.add(accepted.serverTime, answer.sentAtMs, answer.receivedAtMs);
      this.#acknowledge(samples, accepted.acceptedThrough);
      if (this.#facts === facts) this.#facts = null;
      this.#factsAlone = false;
      return 0;
    } catch (error) {
      return this.#stopped ? 0 : this.#failed(error, samples, facts);
    }
  }

  #body(samples: readonly SpoolEntry[], facts: NodeFacts | null): string {
    const head = JSON.stringify({
      contractVersion: CONTRACT_VERSION,
      instanceId: this.#options.instanceId,
      agentVersion: AGENT_VERSION,
      sentAt: new Date().toISOString(),
      facts,
    });
    // Samples are kept as text and go out as they are: a back-fill of an hour costs no parsing.
    return `${head.slice(0, -1)},"samples":[${samples.map((sample) => sample.json).join(',')}]}`;
  }

  #acknowledge(samples: readonly SpoolEntry[], acceptedThrough: number | null): void {
    const { outbox, sequence, log } = this.#options;
    const lastSent = samples.at(-1)?.sequence;
    if (acceptedThrough !== null && lastSent !== undefined) {
      outbox.acknowledge(Math.min(acceptedThrough, lastSent));
      if (acceptedThrough < (samples[0]?.sequence ?? 0))
        throw new Error(`the controller acknowledged ${acceptedThrough} of a batch up to ${lastSent}`);
      if (acceptedThrough > sequence.last && sequence.skipPast(acceptedThrough)) {
        log.warn('sequence-skipped', {
          message: 'The controller holds higher sample numbers of this node; the agent continues after them.',
          acceptedThrough,
        });
      }
    }
    this.#failures = 0;
    this.#rejectedInARow = 0;
    this.#batchMax = Math.min(BATCH_SAMPLES_MAX, this.#batchMax * 2);
    this.#lastAcknowledgedAt = new Date().toISOString();
    this.#become('connected', null);
  }

  #failed(error: unknown, samples: readonly SpoolEntry[], facts: NodeFacts | null): number {
    const reason = messageOf(error);
    this.#failures += 1;
    const verdict = verdictOn(error);
    if (verdict === 'identity') {
      this.#become('refused', reason);
      return REFUSED_RETRY_MS;
    }
    if (verdict === 'content') return this.#contentRefused(reason, samples, facts);
    this.#become('unreachable', reason);
    return backoffMs(this.#failures, Math.random());
  }

  /** This very batch is not wanted: narrow down to what is at fault and give that up, so that the rest can go. */
  #contentRefused(reason: string, samples: readonly SpoolEntry[], facts: NodeFacts | null): number {
    const { outbox, log } = this.#options;
    this.#failures = 0;
    if (facts !== null && samples.length > 0) {
      this.#factsAlone = true;
    } else if (facts !== null) {
      log.error('facts-refused', { message: reason });
      if (this.#facts === facts) this.#facts = null;
      this.#factsAlone = false;
    } else if (samples.length > 1) {
      this.#batchMax = Math.max(1, Math.floor(samples.length / 2));
    } else if (samples[0] !== undefined) {
      outbox.reject(samples[0], reason);
      this.#rejectedInARow += 1;
      log.error('sample-refused', { message: reason, sequence: samples[0].sequence });
      if (this.#rejectedInARow >= REJECTED_IN_A_ROW_MAX) return REJECTED_PAUSE_MS;
    }
    return 100;
  }

  #become(state: LinkState['state'], reason: string | null): void {
    if (this.#state.state === state) {
      if (reason !== null) this.#options.log.repeated(`controller-${state}`, reason);
      this.#state = { ...this.#state, reason };
      return;
    }
    this.#state = { state, since: new Date().toISOString(), reason };
    this.#options.log[state === 'connected' ? 'info' : 'warn'](`controller-${state}`, reason === null ? {} : { message: reason });
    storeLinkState(this.#options.stateDirectory, this.#state);
  }

  async #renewWhenDue(): Promise<void> {
    const { stateDirectory, instanceId, log } = this.#options;
    if (performance.now() < this.#renewalRetryAtMs || !isRenewalDue(this.#identity, Date.now())) return;
    this.#renewalRetryAtMs = performance.now() + RENEWAL_RETRY_MS * (0.75 + Math.random() / 2);
    try {
      this.#identity = await renew(stateDirectory, this.#identity, instanceId, this.#https);
      this.#https.destroy();
      this.#https = httpsAgentFor(this.#identity);
      this.#options.onRenewed(this.#identity);
      log.info('certificate-renewed', { generation: this.#identity.generation, notAfter: this.#identity.notAfter });
    } catch (error) {
      log.repeated('renewal-failed', messageOf(error), { notAfter: this.#identity.notAfter });
      if (error instanceof RefusedError && verdictOn(error) === 'identity') this.#become('refused', messageOf(error));
    }
  }
}
