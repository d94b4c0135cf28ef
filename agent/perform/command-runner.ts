/**
 * Judges each command that arrives, performs one at a time in each lane, and writes the journal around each. What the controller is told is
 * what the journal says.
 */
import { createPublicKey, randomUUID, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Authority, CommandEnvelope, CommandResult, EnvelopeHead, SignedCommand } from '../../lib/agent-contract/commands.ts';
import { stopwatch } from '../../lib/agent-contract/stopwatch.ts';
import { definitionOf } from '../../lib/agent-contract/verbs.ts';
import type { Verb } from '../../lib/agent-contract/verbs.ts';
import type { Lane } from '../../lib/agent-contract/verbs/verb.ts';
import type { Note } from '../authority/leadership-file.ts';
import { afterEffect, beforeEffect, leads, raiseOrder, whyNotWritable } from '../authority/rules.ts';
import type { Leadership } from '../authority/rules.ts';
import { faultPoint } from '../fault-point.ts';
import { configuredInstance } from '../instance.ts';
import { argsHashOf } from '../journal/command-journal.ts';
import { commandKey } from '../journal/journal-memory.ts';
import { messageOf } from '../../lib/runtime/error-message.ts';
import { admit, readEnvelope, readHead } from './admission.ts';
import type { Admission, RefusalCode } from './admission.ts';
import { detailOf, noteOf, now, whyNotConfigured } from './runner-options.ts';
import type { Received, RunnerIdentity, RunnerOptions } from './runner-options.ts';
import { Lanes, described, isInTurn } from './lanes.ts';
import type { UnderWay } from './lanes.ts';
import { runCommand } from './run-command.ts';
import type { ContextParts } from './run-command.ts';

interface Asked {
  verb: Verb;
  args: unknown;
  term: number;
  deadlineMs: number;
  /** `local:USER`, or `agent`. */
  by: string;
  reason: string;
}

export class CommandRunner {
  readonly #options: RunnerOptions;
  #identity: RunnerIdentity | null = null;
  #key: KeyObject | null = null;
  /** Commands of the controller from their arrival to their end. */
  readonly #inHand = new Set<string>();
  readonly #lanes = new Lanes();
  /** Of each lane, when the newest command was issued that was taken up since the agent was started. */
  readonly #newestIssuedAt = new Map<Lane, string>();
  /** The same from earlier starts, for all lanes together. */
  readonly #issuedBeforeStart: string | null;
  /** Commands taken that were neither in hand nor known. */
  received = 0;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#issuedBeforeStart = options.keeper.journal.newestIssuedAt;
  }

  identify(identity: RunnerIdentity): void {
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
    return this.#lanes.underWay.map(({ command, verb, since }) => ({ command, verb, since }));
  }

  /** Ids of commands that have arrived and whose result is not out yet. */
  get inHand(): string[] {
    return [...new Set([...this.#inHand, ...this.#lanes.underWay.map(({ command }) => command)])];
  }

  get isFencing(): boolean {
    return this.#lanes.underWay.some(({ verb }) => definitionOf(verb).leadership.before === 'fenced');
  }

  /** Takes what the controller sent. Returns at once. */
  take(commands: readonly SignedCommand[]): void {
    for (const command of commands.map((one): Received => ({ ...one, waitedMs: stopwatch() }))) {
      const head = readHead(command.payload);
      if (head !== null && this.inHand.includes(head.id)) continue;
      if (head !== null && this.#options.keeper.journal.command(commandKey(head)) === null) this.received += 1;
      const envelope = readEnvelope(command.payload);
      // A command that is not understood is answered at once, like one that waits for no turn.
      if (envelope === null) void this.#handleAtOnce(head?.id ?? randomUUID(), command);
      else if (!isInTurn(envelope.verb)) void this.#lanes.passing(envelope.verb, () => this.#handleAtOnce(envelope.id, command));
      else this.#handleInTurn(envelope, command);
    }
  }

  /** In hand from here on: a command that first interrupts others must not be sent once more meanwhile, nor be taken up twice. */
  #handleAtOnce(id: string, command: Received): Promise<void> {
    this.#inHand.add(id);
    return this.#handle(command).finally(() => this.#inHand.delete(id));
  }

  #handleInTurn(envelope: CommandEnvelope, command: Received): void {
    const { id, verb, deadlineMs } = envelope;
    const busy = this.#lanes.whyNotWait(verb, deadlineMs);
    if (busy !== null && this.#judge(command).verdict === 'perform') return this.#refuse(envelope, envelope, 'busy', busy);
    if (busy !== null) return void this.#handleAtOnce(id, command);
    const drop = (reason: string): void => {
      this.#inHand.delete(id);
      this.#refuse(envelope, envelope, 'expired', reason);
    };
    const begin = (): Promise<void> => this.#handle(command).finally(() => this.#inHand.delete(id));
    this.#inHand.add(id);
    this.#lanes.enter({ command: id, verb, deadlineMs, begin, drop });
  }

  /** Commands that began before a restart and did not end: how far they came is unknown. Once, at the start. */
  settleLeftovers(): void {
    const { keeper, log } = this.#options;
    for (const known of [...keeper.journal.commands()].filter(({ ended }) => ended === null)) {
      const { command, operation, step, attempt, verb } = known;
      const reason = `The agent was restarted while it performed ${verb ?? 'the command'}; how far it came is unknown. Ask again.`;
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
   * For a person on this host, past the controller, or the agent itself (`by: 'agent'`). Takes its turn in its lane. @throws
   * JournalUnwritable; an Error with the reason when its turn would come too late.
   */
  async performLocally(asked: Asked): Promise<CommandResult> {
    const { verb, deadlineMs } = asked;
    const command = { ...asked, id: randomUUID() };
    if (definitionOf(verb).journal === 'none') return this.#run(command);
    if (!isInTurn(verb)) return this.#lanes.passing(verb, () => this.#performForOneself(command));
    const busy = this.#lanes.whyNotWait(verb, deadlineMs);
    if (busy !== null) throw new Error(`${busy} Nothing was done.`);
    const { release } = await this.#lanes.turnOf({ command: command.id, verb, deadlineMs });
    try {
      return await this.#performForOneself(command);
    } finally {
      release();
    }
  }

  async #performForOneself(command: Asked & { id: string }): Promise<CommandResult> {
    const { keeper } = this.#options;
    const { verb, term, by, reason } = command;
    const { blocked } = await this.#makeWay(verb);
    if (blocked !== null) return { status: 'refused', code: 'busy', reason: blocked };
    const [before, note] = [keeper.state, { by, note: reason, verb, term } satisfies Omit<Note, 'kind'>];
    const fencedBy = `${by} had it stopped by hand: ${reason}`.slice(0, 500);
    const claimed = beforeEffect(before, command, this.#nodeName, now(), fencedBy);
    keeper.change(claimed, { ...note, kind: 'started' }, now());
    const result = await this.#run(command);
    if (result.status === 'done')
      keeper.change(keeper.state, { ...note, kind: by === 'agent' ? 'done' : 'break-glass', detail: { result } }, now());
    else {
      // A term that nobody but this agent has heard of is given back when nothing came of it, unless more was heard meanwhile.
      const nothing = result.status === 'refused' || result.changed === false;
      const isOurs = definitionOf(verb).leadership.before === 'claims' && keeper.state.termSeen === term;
      keeper.change(nothing && isOurs ? before : keeper.state, { ...note, kind: 'failed', detail: { result } }, now());
    }
    this.#options.onChanged(verb);
    return result;
  }

  /** Interrupts what is under way and waits for its end, at most so long. */
  stop(deadlineMs: number): Promise<void> {
    return this.#lanes.stop(deadlineMs);
  }

  get #nodeName(): string {
    return this.#identity?.nodeName ?? 'this node';
  }

  /** `blocked`: what is in its way all the same, as a sentence; `null` = nothing. `waited`: something was interrupted for it. */
  async #makeWay(verb: Verb): Promise<{ blocked: string | null; waited: boolean }> {
    const left = await this.#lanes.makeWayFor(verb, this.#nodeName);
    const waited = left !== null;
    const occupant = isInTurn(verb) ? (left?.[0] ?? this.#lanes.stillThere(verb)) : null;
    if (occupant === null) return { blocked: null, waited };
    const isLate = occupant.untilMs < performance.now();
    const why = isLate ? 'has not ended, though its deadline has passed' : 'was interrupted, and has not ended yet';
    return { blocked: `${described(occupant)} ${why}. Look at the host.`, waited };
  }

  #judge(command: Received): Admission {
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
        newestIssuedAt: this.#newestIn(readEnvelope(command.payload)),
      },
      { ...this.#options.clock(), waitedMs: command.waitedMs(), leftMs: command.leftMs ?? null },
    );
  }

  #isSigned({ payload, signature }: SignedCommand): boolean {
    try {
      return this.#key !== null && verify(null, Buffer.from(payload), this.#key, Buffer.from(signature, 'base64'));
    } catch {
      return false;
    }
  }

  async #handle(command: Received): Promise<void> {
    const { log } = this.#options;
    try {
      const admission = await this.#judgeAndMakeWay(command);
      if (admission.verdict === 'perform') return await this.#perform(admission.envelope);
      if (admission.verdict === 'refuse') return this.#refuse(admission.head, admission.envelope, admission.code, admission.reason);
      if (admission.verdict === 'repeat') this.#repeat(admission.envelope);
    } catch (error) {
      log.error('command-failed', { message: messageOf(error) });
    }
  }

  /** Waiting takes time in which a reason to refuse may arrive: the command is judged again. */
  async #judgeAndMakeWay(command: Received): Promise<Admission> {
    const admission = this.#judge(command);
    if (admission.verdict !== 'perform') return admission;
    const { envelope } = admission;
    const { blocked, waited } = await this.#makeWay(envelope.verb);
    if (blocked !== null) return { verdict: 'refuse', head: envelope, envelope, code: 'busy', reason: blocked };
    return waited ? this.#judge(command) : admission;
  }

  #repeat(envelope: CommandEnvelope): void {
    const { journal } = this.#options.keeper;
    const known = journal.command(commandKey(envelope));
    const result = known === null ? null : journal.resultOf(known);
    if (result !== null) this.#answer(envelope, result, null);
  }

  #newestIn(envelope: CommandEnvelope | null): string | null {
    const lane = envelope === null ? null : definitionOf(envelope.verb).lane;
    return (lane === null ? null : this.#newestIssuedAt.get(lane)) ?? this.#issuedBeforeStart;
  }

  #refuse(head: EnvelopeHead | null, envelope: CommandEnvelope | null, code: RefusalCode, reason: string): void {
    const { keeper, log } = this.#options;
    log.warn('command-refused', { code, message: reason, command: head?.id, verb: head?.verb });
    const result: CommandResult = { status: 'refused', code, reason: reason.slice(0, 1000) };
    // An unproved command must not block the place of a proved one.
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
        const detail = { code, command: head?.id ?? null, verb: head?.verb ?? null };
        keeper.change(keeper.state, { kind: 'refused', by: 'controller', note: result.reason, detail }, now());
      }
    } catch (error) {
      log.repeated('refusal-not-journaled', messageOf(error));
    }
    if (head !== null) this.#answer(head, result, sequence);
  }

  async #perform(envelope: CommandEnvelope): Promise<void> {
    const { keeper, log } = this.#options;
    const { verb } = envelope;
    const definition = definitionOf(verb);
    const journaled = definition.journal !== 'none';
    this.#newestIssuedAt.set(definition.lane, envelope.issuedAt);
    if (journaled) {
      try {
        keeper.change(
          raiseOrder(beforeEffect(keeper.state, envelope, this.#nodeName, now()), definition.lane, envelope.order),
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
        if (definition.journal === 'required') return this.#refuse(envelope, envelope, 'journal-unwritable', messageOf(error));
        keeper.fenceAnyway(`The controller had it stopped under term ${envelope.term}.`, now(), {});
      }
    }
    faultPoint(verb, 'before');
    this.#options.onStarted();
    log.info('command-started', { command: envelope.id, verb, operation: envelope.operation, step: envelope.step, term: envelope.term });
    const result = await this.#run({ ...envelope, by: 'controller' });
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
    const inRecovery = (evidence as { report?: { inRecovery?: boolean | null } } | null)?.report?.inRecovery ?? null;
    return afterEffect(keeper.state, envelope, { inRecovery, streaming: isStreaming() }, now());
  }

  async #run(command: Omit<Asked, 'reason'> & { id: string }): Promise<CommandResult> {
    const running = runCommand(command, () => this.#options.load(command.verb), this.#contextOf(command));
    const untilMs = performance.now() + command.deadlineMs;
    const { id, verb, by } = command;
    const entry: UnderWay = { command: id, verb, by, since: now(), untilMs, running };
    this.#lanes.begun(entry);
    const result = await running.result;
    if (running.isSettled()) this.#lanes.ended(entry);
    return result;
  }

  #contextOf(command: { id: string; term: number }): ContextParts {
    const { config, keeper, log, onProgress, enforce } = this.#options;
    return {
      config,
      instance: configuredInstance(config),
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
      self: {
        enforceLeadership: async () => (whyNotWritable(keeper.state) === null ? false : enforce()),
        leads: () => leads(keeper.state),
        cancel: (id) => this.#lanes.cancel(id),
      },
      log,
    };
  }

  #answer({ id: command, operation, step, attempt }: EnvelopeHead, result: CommandResult, sequence: number | null): void {
    this.#options.onResult({ command, operation, step, attempt, result, sequence });
  }
}
