import { rmSync } from 'node:fs';
import path from 'node:path';
import { readProcessStat } from '../../lib/runtime/process-stat.ts';
import { readJsonFile, writeFileAtomically } from './atomic-file.ts';
import { isFull } from './state-directory.ts';

const startTicks = (pid: number): string | null => readProcessStat(pid)?.startTicks ?? null;

/** The pid of the agent that runs with this state directory, or `null`. */
export function runningAgentPid(stateDirectory: string): number | null {
  const held = readJsonFile(path.join(stateDirectory, 'run.json')) as { pid?: number; startTicks?: string } | null;
  if (typeof held?.pid !== 'number') return null;
  const ticks = startTicks(held.pid);
  return ticks !== null && ticks === held.startTicks ? held.pid : null;
}

/**
 * Two agents that share a state directory would give out the same sequence numbers. @throws Error naming the other process. @returns a
 * function that releases the directory.
 */
export function lockStateDirectory(stateDirectory: string): () => void {
  const file = path.join(stateDirectory, 'run.json');
  const other = runningAgentPid(stateDirectory);
  if (other !== null && other !== process.pid) {
    throw new Error(
      `Another agent (pid ${other}) runs with the state directory ${stateDirectory}. Stop it, or give this one its own [agent] state_directory.`,
    );
  }
  try {
    writeFileAtomically(file, `${JSON.stringify({ pid: process.pid, startTicks: startTicks(process.pid) })}\n`);
  } catch (error) {
    // A full disk is when the agent is needed; a second one would find the health port taken.
    if (!isFull(error)) throw error;
  }
  return () => rmSync(file, { force: true });
}
