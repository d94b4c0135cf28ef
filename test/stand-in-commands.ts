/** The command routes of the stand-in gateway: signs and gives commands, holds polls, keeps results and journal entries. */
import { generateKeyPairSync, randomBytes, randomUUID, sign } from 'node:crypto';
import { CommandProgress, JournalBatch, JournalRecord, ResultMessage } from '../lib/agent-contract/commands.ts';
import type { CommandEnvelope, CommandResult, JournalEntry, SignedCommand } from '../lib/agent-contract/commands.ts';
import { describeWait, patient } from '../setup/patience.ts';
import type { Verb, VerbArgs } from '../lib/agent-contract/verbs.ts';

const COMMAND_LIFE_MS = 60_000;
const DEADLINE_MS = 10_000;

export interface StandInAnswer {
  status: number;
  body: unknown;
}

export interface StandInCommands {
  publicKeyPem: string;
  /** The envelope of a command as the controller would make it; fields of `over` replace its own. */
  envelope: <V extends Verb>(verb: V, args: VerbArgs<V>, over?: Partial<CommandEnvelope>) => CommandEnvelope;
  sign: (envelope: CommandEnvelope) => SignedCommand;
  /** Puts a command in the agent's way. Delivered at each poll until it has a result, unless the agent says that it has it. */
  give: (command: SignedCommand) => void;
  /** Resolves with the first result of a command. */
  resultOf: (id: string, timeoutMs?: number) => Promise<CommandResult>;
  /** Gives one and waits for its result. */
  ask: <V extends Verb>(verb: V, args: VerbArgs<V>, over?: Partial<CommandEnvelope>) => Promise<CommandResult>;
  /** Results as they came, repetitions too. */
  results: { id: string; message: ResultMessage }[];
  progress: { id: string; progress: CommandProgress }[];
  journal: JournalEntry[];
  records: () => JournalRecord[];
  /** Results that this answers with a status (500 and so on) are not stored; `null` = taken. */
  refuseResult: (id: string) => number | null;
  /** Breaks the connection of the next result instead of answering, after or without storing it. */
  loseNextResult: (stored: boolean) => void;
  /** Route; `null` = not one of these. */
  handle: (method: string, url: URL, text: string, gone: Promise<void>) => Promise<StandInAnswer | 'hang-up' | null>;
}

/** @param node identity uuid, name and cluster that envelopes are made for. */
export function standInCommands(node: { uuid: string; name: () => string; cluster: string }): StandInCommands {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const waiting = new Map<string, SignedCommand>();
  const outcomes = new Map<string, CommandResult>();
  const listeners = new Set<() => void>();
  const results: StandInCommands['results'] = [];
  const progress: StandInCommands['progress'] = [];
  const journal: JournalEntry[] = [];
  let lose: { stored: boolean } | null = null;
  const wakeAll = (): void => {
    for (const wake of [...listeners]) wake();
  };
  const news = (timeoutMs: number, gone: Promise<void>): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        listeners.delete(done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      listeners.add(done);
      void gone.then(done);
    });

  const poll = async (url: URL, gone: Promise<void>): Promise<StandInAnswer> => {
    const have = new Set((url.searchParams.get('have') ?? '').split(','));
    const untilMs = performance.now() + Number(url.searchParams.get('wait'));
    for (;;) {
      const commands = [...waiting].flatMap(([id, command]) => (have.has(id) ? [] : [command]));
      const remainingMs = untilMs - performance.now();
      if (commands.length > 0 || remainingMs <= 0)
        return { status: 200, body: { commands: commands.slice(0, 16), serverTime: serverTime() } };
      await news(remainingMs, gone);
      if (await isSettled(gone)) return { status: 200, body: { commands: [], serverTime: serverTime() } };
    }
  };

  const takeResult = (id: string, text: string): StandInAnswer | 'hang-up' => {
    const message = ResultMessage.parse(JSON.parse(text));
    const refused = made.refuseResult(id);
    if (refused !== null) return { status: refused, body: { ...problem(refused, 'It cannot be stored.'), retryable: refused >= 500 } };
    const losing = lose;
    lose = null;
    if (losing === null || losing.stored) {
      results.push({ id, message });
      waiting.delete(id);
      if (!outcomes.has(id)) outcomes.set(id, message.result);
      wakeAll();
    }
    return losing === null ? { status: 200, body: { serverTime: serverTime() } } : 'hang-up';
  };

  const takeJournal = (text: string): StandInAnswer => {
    for (const entry of JournalBatch.parse(JSON.parse(text)).entries) {
      const last = journal.at(-1)?.sequence ?? 0;
      if (entry.sequence > last + 1) return { status: 422, body: problem(422, `Entry ${last + 1} is missing.`) };
      if (entry.sequence === last + 1) journal.push(entry);
    }
    wakeAll();
    return { status: 200, body: { acceptedThrough: journal.at(-1)?.sequence ?? null, serverTime: serverTime() } };
  };

  const made: StandInCommands = {
    refuseResult: () => null,
    publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    envelope: (verb, args, over = {}) => ({
      envelopeVersion: 1,
      id: randomUUID(),
      operation: randomUUID(),
      step: verb,
      attempt: 1,
      node: node.uuid,
      nodeName: node.name(),
      cluster: node.cluster,
      verb,
      args,
      term: 1,
      nonce: randomBytes(24).toString('base64url'),
      issuedAt: serverTime(),
      expiresAt: new Date(Date.now() + COMMAND_LIFE_MS).toISOString(),
      deadlineMs: DEADLINE_MS,
      ...over,
    }),
    sign: (envelope) => {
      const payload = JSON.stringify(envelope);
      return { payload, signature: sign(null, Buffer.from(payload), privateKey).toString('base64') };
    },
    give: (command) => {
      waiting.set((JSON.parse(command.payload) as CommandEnvelope).id, command);
      wakeAll();
    },
    resultOf: async (id, timeoutMs = 15_000) => {
      const untilMs = performance.now() + patient(timeoutMs);
      for (;;) {
        const result = outcomes.get(id);
        if (result !== undefined) return result;
        if (performance.now() > untilMs) throw new Error(`Waited ${describeWait(timeoutMs)} without success for the result of ${id}.`);
        await news(untilMs - performance.now(), new Promise(() => undefined));
      }
    },
    ask: async (verb, args, over) => {
      const envelope = made.envelope(verb, args, over);
      made.give(made.sign(envelope));
      return made.resultOf(envelope.id);
    },
    results,
    progress,
    journal,
    records: () => journal.map(({ text }) => JournalRecord.parse(JSON.parse(text))),
    loseNextResult: (stored) => (lose = { stored }),
    handle: async (method, url, text, gone) => {
      if (method === 'GET' && url.pathname === '/v1/commands') return poll(url, gone);
      const [, id, what] = /^\/v1\/commands\/([0-9a-f-]{36})\/(result|progress)$/.exec(url.pathname) ?? [];
      if (method === 'POST' && id !== undefined && what === 'result') return takeResult(id, text);
      if (method === 'POST' && id !== undefined) {
        progress.push({ id, progress: CommandProgress.parse(JSON.parse(text)) });
        return { status: 200, body: { serverTime: serverTime() } };
      }
      return method === 'POST' && url.pathname === '/v1/journal' ? takeJournal(text) : null;
    },
  };
  return made;
}

const serverTime = (): string => new Date().toISOString();
const problem = (status: number, detail: string) => ({
  type: 'about:blank',
  title: 'Refused by the stand-in',
  status,
  detail,
  retryable: false,
});
const isSettled = async (promise: Promise<unknown>): Promise<boolean> => {
  const pending = {};
  return (await Promise.race([promise, pending])) !== pending;
};
