/**
 * Defines requests of a person on this host to the running agent through `agent.sock` in the state directory (mode 600): one line of JSON
 * each way, one request per connection. Anyone who may open the socket could read the agent's key as well; there is nothing more to prove.
 */
import path from 'node:path';
import { z } from 'zod';
import { CommandResult } from '../../lib/agent-contract/commands.ts';

export const SOCKET_FILE = 'agent.sock';
export const socketPath = (stateDirectory: string): string => path.join(stateDirectory, SOCKET_FILE);
export const LINE_BYTES_MAX = 64 * 1024;

export const LocalRequest = z.strictObject({
  do: z.enum(['look', 'promote', 'fence']),
  /** The person. */
  by: z.string().min(1).max(80),
  reason: z.string().max(1500),
  /** The cluster's name as typed. */
  confirm: z.string().max(100),
  /** Promote although the upstream is still sending. */
  force: z.boolean(),
});
export type LocalRequest = z.infer<typeof LocalRequest>;

/** The situation before anything is done. */
export const LocalSituation = z.object({
  cluster: z.string().nullable(),
  node: z.string().nullable(),
  termSeen: z.number(),
  holder: z.string().nullable(),
  role: z.string(),
  running: z.boolean(),
  inRecovery: z.boolean().nullable(),
  timeline: z.number().nullable(),
  receivedLsn: z.string().nullable(),
  receiving: z.boolean().nullable(),
  upstream: z.string().nullable(),
});
export type LocalSituation = z.infer<typeof LocalSituation>;

export const LocalAnswer = z.object({
  /** Why nothing was done, as a sentence; `null` = it was tried, and `result` says what came of it, or it was only looked. */
  refused: z.string().nullable(),
  situation: LocalSituation.nullable(),
  result: CommandResult.nullable(),
});
export type LocalAnswer = z.infer<typeof LocalAnswer>;
