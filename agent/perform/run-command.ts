/** Runs one admitted command: its performer with a context, a deadline and an end on request, and evidence in the form agreed. */
import type { CommandResult } from '../../lib/agent-contract/commands.ts';
import { definitionOf } from '../../lib/agent-contract/verbs.ts';
import type { Verb } from '../../lib/agent-contract/verbs.ts';
import { JournalUnwritable } from '../journal/command-journal.ts';
import { messageOf } from '../../lib/runtime/error-message.ts';
import { PerformFailed, PerformRefused } from './performer.ts';
import type { PerformContext } from './performer.ts';
import type { AnyPerformer } from './performers.ts';

/** After the deadline a performer is given so long to say what became of it. */
const GIVE_UP_AFTER_MS = 5000;
const REASON_MAX = 2000;
const REFUSAL_MAX = 1000;

export interface Running {
  result: Promise<CommandResult>;
  /** The performer itself has ended, which may be later than the result when it ignores its deadline. */
  settled: Promise<void>;
  isSettled: () => boolean;
  /** `cancelled` and so on, with a sentence. */
  interrupt: (why: PerformFailed) => void;
}

export type ContextParts = Omit<PerformContext, 'signal' | 'deadlineMs'>;

/** Starts it. `deadlineMs` counts from now, and so much later it is given up. Never throws; `result` never rejects. */
export function runCommand(
  command: { verb: Verb; args: unknown; deadlineMs: number },
  load: () => Promise<AnyPerformer>,
  parts: ContextParts,
  giveUpAfterMs = GIVE_UP_AFTER_MS,
): Running {
  const controller = new AbortController();
  const startedAtMs = performance.now();
  const { verb, deadlineMs } = command;
  const late = new PerformFailed('deadline', `The deadline of ${Math.round(deadlineMs / 1000)} s passed.`, null);
  const deadline = setTimeout(() => controller.abort(late), deadlineMs);
  let ended = false;
  const tookMs = (): number => Math.round((performance.now() - startedAtMs) * 10) / 10;
  const work = (async (): Promise<CommandResult> => {
    try {
      const perform = await load();
      if (controller.signal.aborted) throw new PerformFailed(codeOf(controller.signal.reason), messageOf(controller.signal.reason), false);
      const args = definitionOf(verb).args.parse(command.args);
      const given: unknown = await perform(args as never, { ...parts, signal: controller.signal, deadlineMs });
      const evidence = definitionOf(verb).evidence.safeParse(given);
      if (!evidence.success) {
        const [issue] = evidence.error.issues;
        const where = `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`;
        return failed(
          'internal',
          `${verb} was done, but its evidence is not as agreed (${where}). Report this as a fault of the agent.`,
          null,
          tookMs(),
        );
      }
      return { status: 'done', evidence: evidence.data, tookMs: tookMs() };
    } catch (error) {
      return resultOfError(error, controller.signal, tookMs());
    } finally {
      ended = true;
    }
  })();
  let giveUp: NodeJS.Timeout | undefined;
  const unanswered = new Promise<CommandResult>((resolve) => {
    controller.signal.addEventListener('abort', () => {
      giveUp = setTimeout(() => {
        const why = controller.signal.reason as PerformFailed;
        resolve(failed(codeOf(why), `${why.message} ${verb} did not end; what became of it is unknown.`, null, tookMs()));
      }, giveUpAfterMs);
    });
  });
  const result = Promise.race([work, unanswered]);
  const settled = work.then(() => {
    clearTimeout(deadline);
    clearTimeout(giveUp);
  });
  return { result, settled, isSettled: () => ended, interrupt: (why) => controller.abort(why) };
}

const failed = (
  code: Extract<CommandResult, { status: 'failed' }>['code'],
  reason: string,
  changed: boolean | null,
  tookMs: number,
): CommandResult => ({ status: 'failed', code, reason: reason.slice(0, REASON_MAX), changed, tookMs });

const codeOf = (why: unknown): PerformFailed['code'] => (why instanceof PerformFailed ? why.code : 'cancelled');

function resultOfError(error: unknown, signal: AbortSignal, tookMs: number): CommandResult {
  if (error instanceof PerformRefused) return { status: 'refused', code: error.code, reason: error.message.slice(0, REFUSAL_MAX) };
  if (error instanceof PerformFailed) return failed(error.code, error.message, error.changed, tookMs);
  // Only a mark on the directory writes in the middle; its writer does so before the effect.
  if (error instanceof JournalUnwritable)
    return { status: 'refused', code: 'journal-unwritable', reason: error.message.slice(0, REFUSAL_MAX) };
  if (signal.aborted) return failed(codeOf(signal.reason), messageOf(signal.reason), null, tookMs);
  return failed('internal', messageOf(error), null, tookMs);
}
