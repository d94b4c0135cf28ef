/**
 * Where commands arrive and results leave: judges each, performs one at a time in order (what only looks, and cancels, beside it, a fence before
 * everything), and writes the journal around each. What the controller is told is what the journal says.
 */
import { createPublicKey, randomUUID, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { WAIT_BEHIND_MAX_MS } from '../../lib/agent-contract/commands.ts';
import type { Authority, CommandEnvelope, CommandResult, SignedCommand } from '../../lib/agent-contract/commands.ts';
import type { Verb } from '../../lib/agent-contract/verbs.ts';
import type { Note } from '../authority/leadership-file.ts';
import { afterEffect, beforeEffect, becomeStandby, leads, whyNotWritable } from '../authority/rules.ts';
import type { Leadership } from '../authority/rules.ts';
import { faultPoint } from '../fault-point.ts';
import { argsHashOf, commandKey } from '../journal/command-journal.ts';
import { messageOf } from '../log.ts';
import { admit, goesBeside, readEnvelope } from './admission.ts';
import type { Admission, RefusalCode } from './admission.ts';
import { detailOf, noteOf, now, whyNotConfigured } from './runner-options.ts';
import type { DeskIdentity, RunnerOptions } from './runner-options.ts';
import { PerformFailed } from './performer.ts';
import type { AnyPerformer, PerformedVerb } from './performers.ts';
import { runCommand } from './run-command.ts';
import type { ContextParts, Running } from './run-command.ts';

/** A fence waits so long for what it interrupts. */
const INTERRUPTED_GRACE_MS = 1000;
const WAITING_MAX = 32;

interface UnderWay {
  command: string;
  verb: Verb;
  since: string;
  untilMs: number;
  running: Running;
}

export class CommandRunner {
  readonly #options: RunnerOptions;
  #identity: DeskIdentity | null = null;
  #key: KeyObject | null = null;
  /** Commands that don't wait for a turn, from their arrival to their end. */
  readonly #arriving = new Set<string>();
  #waiting: SignedCommand[] = [];
  #underWay: UnderWay[] = [];
  /** Ends when what is performed in order has ended. */
  #turn: Promise<void> | null = null;
  /** Commands taken that were neither in hand nor known. */
  received = 0;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  identify(identity: DeskIdentity): void {
    this.#identity = identity;
    this.#key = null;
    try {
      if (identity.commandKeyPem !== null) this.#key = createPublicKey(identity.commandKeyPem);
    } catch (error) {
      this.#options.log.error('command-key-unreadable', { message: messageOf(error) });
    }
    this.#options.keeper.join(identity.cluster, now());
  }

  /** Why no command is performed, as a sentence; `null` = commands are. */
  get notConfigured(): string | null {
    return whyNotConfigured(this.#options.config.control !== undefined, this.#identity !== null, this.#key !== null);
  }

  get performing(): Authority['performing'] {
    return this.#underWay.map(({ command, verb, since }) => ({ command, verb, since }));
  }

  /** Ids of commands that have arrived and whose result is not out yet. */
  get inHand(): string[] {
    const waiting = this.#waiting.flatMap(({ payload }) => readEnvelope(payload)?.id ?? []);
    return [...this.#arriving, ...this.#underWay.map(({ command }) => command), ...waiting];
  }

  isPerforming(verb: Verb): boolean {
    return this.#underWay.some((one) => one.verb === verb);
  }

  /** Takes what the controller sent. Returns at once. */
  take(commands: readonly SignedCommand[]): void {
    for (const command of commands) {
      const envelope = readEnvelope(command.payload);
      if (envelope !== null && this.inHand.includes(envelope.id)) continue;
      if (envelope !== null && this.#options.keeper.journal.command(commandKey(envelope)) === null) this.received += 1;
      if (envelope !== null && (goesBeside(envelope.verb) || envelope.verb === 'fence')) this.#handleAtOnce(envelope.id, command);
      else if (this.#waiting.length < WAITING_MAX && !this.#mustNotWait(envelope)) this.#waiting.push(command);
      else if (envelope !== null) this.#handleBusy(envelope, command);
    }
    if (this.#waiting.length > 0) this.#turn ??= this.#work();
  }

  /** In hand from here on: a fence that first interrupts others must not be sent once more meanwhile, nor be taken up twice. */
  #handleAtOnce(id: string, command: SignedCommand): void {
    this.#arriving.add(id);
    void this.#handle(command).finally(() => this.#arriving.delete(id));
  }

  /** What began before the agent was restarted and did not end: nobody knows how far it came. Once, at the start. */
  settleLeftovers(): void {
    const { keeper, log } = this.#options;
    for (const known of [...keeper.journal.commands()].filter(({ ended }) => ended === null)) {
      const { command, operation, step, attempt, verb } = known;
      const reason = `The agent was restarted while it performed ${verb ?? 'the command'}; how far it came is not known. Ask again.`;
      const result: CommandResult = { status: 'failed', code: 'agent-restarted', reason, changed: null, tookMs: 0 };
      try {
        keeper.change(
          keeper.state,
          { kind: 'failed', by: 'agent', note: reason, command, operation, step, attempt, verb, detail: { result } },
          now(),
        );
      } catch (error) {
        log.error('leftover-not-journaled', { message: messageOf(error), command });
      }
    }
  }

  /**
   * What somebody on this host asked for, past the controller, or the agent itself (`by: 'agent'`). Waits for its turn (a fence does not).
   * @throws JournalUnwritable
   */
  async performLocally(asked: {
    verb: 'promote' | 'fence' | 'report' | 'hold-archive-restore';
    args: unknown;
    term: number;
    deadlineMs: number;
    by: string;
    reason: string;
  }): Promise<CommandResult> {
    const { keeper } = this.#options;
    const nodeName = this.#identity?.nodeName ?? 'this node';
    const { verb, args, term, deadlineMs, by, reason } = asked;
    const command = { id: randomUUID(), verb, args, term, deadlineMs };
    if (verb === 'report') return this.#run(command);
    if (verb === 'fence') await this.#interruptAll();
    while (this.#turn !== null && verb !== 'fence') await this.#turn;
    const [before, note] = [keeper.state, { by, note: reason, verb, term } satisfies Omit<Note, 'kind'>];
    const fencedBy = `${by} had it stopped by hand: ${reason}`.slice(0, 500);
    const claimed = beforeEffect(before, command, nodeName, now());
    keeper.change(
      verb === 'fence' ? { ...claimed, fenced: { at: now(), reason: fencedBy } } : claimed,
      { ...note, kind: 'started' },
      now(),
    );
    const result = await this.#run(command);
    if (result.status === 'done')
      keeper.change(keeper.state, { ...note, kind: by === 'agent' ? 'done' : 'break-glass', detail: { result } }, now());
    else {
      // A term that nobody but this agent has heard of is given back when nothing came of it.
      const nothing = result.status === 'refused' || result.changed === false;
      keeper.change(nothing && verb === 'promote' ? before : keeper.state, { ...note, kind: 'failed', detail: { result } }, now());
    }
    this.#options.onChanged(verb);
    return result;
  }

  /** Interrupts what is under way and waits for its end, at most so long. */
  async stop(deadlineMs: number): Promise<void> {
    this.#waiting = [];
    const ended = Promise.allSettled(this.#underWay.map(({ running }) => running.result));
    for (const { running } of this.#underWay) running.interrupt(new PerformFailed('cancelled', 'The agent was stopped.', null));
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, deadlineMs).unref())]);
  }

  async #work(): Promise<void> {
    // Let the caller note that a turn has begun.
    await Promise.resolve();
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) await this.#handle(next);
    this.#turn = null;
  }

  /** What is performed in order now; `null` = nothing. */
  get #occupant(): UnderWay | null {
    return this.#underWay.find(({ verb }) => !goesBeside(verb)) ?? null;
  }

  #mustNotWait(envelope: CommandEnvelope | null): boolean {
    const remainingMs = (this.#occupant?.untilMs ?? 0) - performance.now();
    return envelope !== null && remainingMs > Math.max(WAIT_BEHIND_MAX_MS, envelope.deadlineMs);
  }

  #handleBusy(envelope: CommandEnvelope, command: SignedCommand): void {
    const admission = this.#judge(command);
    if (admission.verdict !== 'perform') return void this.#handle(command);
    const occupant = this.#occupant;
    const what = occupant === null ? 'commands that wait' : `${occupant.verb} since ${occupant.since}`;
    this.#refuse(envelope, 'busy', `The agent is busy with ${what}. Wait for its end, or cancel it.`);
  }

  #judge(command: SignedCommand): Admission {
    const { keeper } = this.#options;
    const identity = this.#identity;
    const { journal } = keeper;
    return admit(
      command.payload,
      this.#isSigned(command),
      {
        node: identity?.node ?? '',
        nodeName: identity?.nodeName ?? '',
        cluster: identity?.cluster ?? '',
        leadership: keeper.state,
        notConfigured: this.notConfigured,
        journalBroken: journal.broken,
        known: (envelope) => {
          const known = journal.command(commandKey(envelope));
          if (known === null) return null;
          const sameArgs = known.argsHash === null || known.argsHash === argsHashOf(envelope.args);
          return { command: known.command, verb: known.verb, sameArgs, underWay: known.ended === null };
        },
        nonceSeen: (nonce) => journal.nonceSeen(nonce),
        newestIssuedAt: journal.newestIssuedAt,
      },
      this.#options.clock(),
    );
  }

  #isSigned({ payload, signature }: SignedCommand): boolean {
    try {
      return this.#key !== null && verify(null, Buffer.from(payload), this.#key, Buffer.from(signature, 'base64'));
    } catch {
      return false;
    }
  }

  async #handle(command: SignedCommand): Promise<void> {
    const { log } = this.#options;
    try {
      const admission = this.#judge(command);
      if (admission.verdict === 'perform') return await this.#perform(admission.envelope);
      if (admission.verdict === 'refuse') return this.#refuse(admission.envelope, admission.code, admission.reason);
      if (admission.verdict === 'repeat') this.#repeat(admission.envelope);
    } catch (error) {
      log.error('command-failed', { message: messageOf(error) });
    }
  }

  #repeat(envelope: CommandEnvelope): void {
    const { journal } = this.#options.keeper;
    const known = journal.command(commandKey(envelope));
    const result = known === null ? null : journal.resultOf(known);
    if (result !== null) this.#answer(envelope, result, null);
  }

  #refuse(envelope: CommandEnvelope | null, code: RefusalCode, reason: string): void {
    const { keeper, log } = this.#options;
    log.warn('command-refused', { code, message: reason, command: envelope?.id, verb: envelope?.verb });
    const result: CommandResult = { status: 'refused', code, reason: reason.slice(0, 1000) };
    // What is not proved to be the controller's must not stand in the place of what will be.
    const proved = code !== 'signature-invalid' && code !== 'not-configured' && envelope !== null;
    let sequence: number | null = null;
    try {
      if (proved && code !== 'not-understood') {
        keeper.change(
          keeper.state,
          { ...noteOf(envelope), kind: 'refused', note: result.reason, detail: detailOf(envelope, result) },
          now(),
        );
        sequence = keeper.journal.head.sequence;
      } else if (code === 'signature-invalid') {
        const detail = { code, command: envelope?.id ?? null, verb: envelope?.verb ?? null };
        keeper.change(keeper.state, { kind: 'refused', by: 'controller', note: result.reason, detail }, now());
      }
    } catch (error) {
      log.repeated('refusal-not-journaled', messageOf(error));
    }
    if (envelope !== null) this.#answer(envelope, result, sequence);
  }

  async #perform(envelope: CommandEnvelope): Promise<void> {
    const { keeper, log } = this.#options;
    const nodeName = this.#identity?.nodeName ?? '';
    const { verb } = envelope;
    if (verb === 'fence') await this.#interruptAll();
    // Its deadline has passed, and it is still at work: two at once would meet.
    else if (!goesBeside(verb) && this.#occupant !== null)
      return this.#refuse(envelope, 'busy', `${this.#occupant.verb} has not ended, though its deadline has passed. Look at the host.`);
    const journaled = verb !== 'report';
    if (journaled) {
      try {
        keeper.change(
          beforeEffect(keeper.state, envelope, nodeName, now()),
          {
            ...noteOf(envelope),
            kind: 'started',
            note: null,
            nonce: envelope.nonce,
            detail: { args: envelope.args, argsHash: argsHashOf(envelope.args), issuedAt: envelope.issuedAt },
          },
          now(),
        );
      } catch (error) {
        if (verb !== 'fence') return this.#refuse(envelope, 'journal-unwritable', messageOf(error));
        keeper.fenceAnyway(`The controller had it stopped under term ${envelope.term}.`, now(), {});
      }
    }
    faultPoint(verb, 'before');
    this.#options.onStarted();
    log.info('command-started', { command: envelope.id, verb, operation: envelope.operation, step: envelope.step, term: envelope.term });
    const result = await this.#run(envelope);
    faultPoint(verb, 'after');
    const sequence = journaled ? this.#conclude(envelope, result) : null;
    faultPoint(verb, 'sent');
    const { evidence: _evidence, ...said } = result as CommandResult & { evidence?: unknown };
    log.info('command-ended', { command: envelope.id, verb, ...said });
    this.#answer(envelope, result, sequence);
    this.#options.onChanged(verb);
  }

  /** Writes down how it ended, with what leadership is by it. */
  #conclude(envelope: CommandEnvelope, result: CommandResult): number | null {
    const { keeper, log } = this.#options;
    const next = result.status === 'done' ? this.#leadershipAfter(envelope, result.evidence) : keeper.state;
    const note = result.status === 'done' ? null : result.reason;
    try {
      keeper.change(next, { ...noteOf(envelope), kind: result.status, note, detail: detailOf(envelope, result) }, now());
      return keeper.journal.head.sequence;
    } catch (error) {
      log.error('end-not-journaled', { message: messageOf(error), command: envelope.id });
      return null;
    }
  }

  #leadershipAfter(envelope: CommandEnvelope, evidence: unknown): Leadership {
    const { keeper, isStreaming } = this.#options;
    if (envelope.verb === 'note-term') return leads(keeper.state) || !isStreaming() ? keeper.state : becomeStandby(keeper.state);
    const inRecovery = (evidence as { report?: { inRecovery?: boolean | null } } | null)?.report?.inRecovery ?? null;
    return afterEffect(keeper.state, envelope, inRecovery, now());
  }

  async #run(command: { id: string; verb: Verb; args: unknown; term: number; deadlineMs: number }): Promise<CommandResult> {
    const running = runCommand(command, () => this.#performerOf(command.verb), this.#contextOf(command));
    const untilMs = performance.now() + command.deadlineMs;
    const entry: UnderWay = { command: command.id, verb: command.verb, since: now(), untilMs, running };
    this.#underWay.push(entry);
    const leave = (): void => {
      this.#underWay = this.#underWay.filter((one) => one !== entry);
    };
    void running.settled.then(leave);
    const result = await running.result;
    if (running.isSettled()) leave();
    return result;
  }

  async #performerOf(verb: Verb): Promise<AnyPerformer> {
    const { load } = this.#options;
    if (verb === 'note-term') {
      return (async () => {
        const stopped = whyNotWritable(this.#options.keeper.state) === null ? false : await this.#options.enforce();
        return { holdsLeadership: leads(this.#options.keeper.state), stopped };
      }) as unknown as AnyPerformer;
    }
    if (verb === 'cancel') return ((args: { command: string }) => this.#cancel(args.command)) as unknown as AnyPerformer;
    return load(verb as PerformedVerb);
  }

  async #cancel(command: string): Promise<{ cancelled: boolean }> {
    const target = this.#underWay.find((one) => one.command === command);
    this.#waiting = this.#waiting.filter(({ payload }) => readEnvelope(payload)?.id !== command);
    if (target === undefined) return { cancelled: false };
    target.running.interrupt(new PerformFailed('cancelled', 'It was cancelled on request.', null));
    await target.running.result;
    return { cancelled: true };
  }

  /** For a fence: nothing may wait for what is under way. */
  async #interruptAll(): Promise<void> {
    const others = this.#underWay.filter(({ verb }) => !goesBeside(verb) && verb !== 'fence');
    for (const { running } of others) running.interrupt(new PerformFailed('cancelled', 'The node is being fenced.', null));
    const ended = Promise.allSettled(others.map(({ running }) => running.settled));
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, INTERRUPTED_GRACE_MS))]);
  }

  #contextOf(command: { id: string; term: number }): ContextParts {
    const { config, keeper, log, onProgress } = this.#options;
    return {
      config,
      nodeName: this.#identity?.nodeName ?? '',
      clusterSlug: this.#identity?.cluster ?? '',
      term: command.term,
      progress: (doing, doneBytes, totalBytes) =>
        onProgress(command.id, { contractVersion: 1, at: now(), doing: doing.slice(0, 300), doneBytes, totalBytes }),
      directory: {
        markUnusable: (reason) => keeper.markUnusable(reason, now()),
        markUsable: () => keeper.markUsable(now()),
        unusable: () => keeper.state.unusable?.reason ?? null,
      },
      log,
    };
  }

  #answer({ id: command, operation, step, attempt }: CommandEnvelope, result: CommandResult, sequence: number | null): void {
    this.#options.onResult({ command, operation, step, attempt, result, sequence });
  }
}
