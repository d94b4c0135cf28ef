/** Defines the runner's inputs, what it hands out, and how it writes a command down. */
import type { CommandEnvelope, CommandProgress, CommandResult, SignedCommand } from '../../lib/agent-contract/commands.ts';
import type { Verb } from '../../lib/agent-contract/verbs.ts';
import type { LeadershipFile, Note } from '../authority/leadership-file.ts';
import type { AgentConfig } from '../config.ts';
import { argsHashOf } from '../journal/command-journal.ts';
import type { Log } from '../log.ts';
import type { Stopwatch } from '../../lib/agent-contract/stopwatch.ts';
import type { AdmissionClock } from './admission.ts';
import type { LoadPerformer } from './performers.ts';

/** The agent's identity, and whose commands it accepts. */
export interface RunnerIdentity {
  /** Uuid. */
  node: string;
  nodeName: string;
  cluster: string;
  /** PEM of the key that commands are signed with; `null` = this agent was given none. */
  commandKeyPem: string | null;
}

/** A command as it came, and how long ago that was. */
export type Received = SignedCommand & { waitedMs: Stopwatch };

/** A result on its way to the controller. */
export interface OutgoingResult {
  command: string;
  operation: string | null;
  step: string;
  attempt: number;
  /** Place in the journal; `null` = it stands only here. */
  sequence: number | null;
  result: CommandResult;
}

export interface RunnerOptions {
  config: AgentConfig;
  keeper: LeadershipFile;
  load: LoadPerformer;
  /** Stops the server when leadership forbids it to be writable; true = it had to. */
  enforce: () => Promise<boolean>;
  /** The last sample shows a standby that streams. */
  isStreaming: () => boolean;
  clock: () => Pick<AdmissionClock, 'nowMs' | 'offsetMs'>;
  onResult: (outgoing: OutgoingResult) => void;
  onProgress: (command: string, progress: CommandProgress) => void;
  /** A command has begun. */
  onStarted: () => void;
  /** A command has ended that may have changed what there is to observe. */
  onChanged: (verb: Verb) => void;
  log: Log;
}

export const now = (): string => new Date().toISOString();

export const noteOf = ({ id, operation, step, attempt, verb, term }: CommandEnvelope): Omit<Note, 'kind' | 'note'> => ({
  by: 'controller',
  command: id,
  operation,
  step,
  attempt,
  verb,
  term,
});

export const detailOf = (envelope: CommandEnvelope, result: CommandResult): Readonly<Record<string, unknown>> => ({
  result,
  argsHash: argsHashOf(envelope.args),
});

/** Why no command is performed, as a sentence; `null` = commands are. */
export function whyNotConfigured(mayAct: boolean, hasJoined: boolean, hasKey: boolean): string | null {
  if (!mayAct) return 'This agent only observes: its configuration has no [control] section. Add one to let it act.';
  if (!hasJoined) return 'This agent has not joined. Run farshore-agent join.';
  if (!hasKey)
    return "This agent has no key to check the controller's commands with. Join again with --force, or wait for the renewal of its certificate.";
  return null;
}
