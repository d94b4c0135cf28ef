/**
 * For the crash matrix alone: with FARSHORE_AGENT_KILL_AT=`<verb>:<point>` the agent ends itself there, as `kill -9` would. `before`: the
 * journal says “started”, nothing is done; `during`: in the middle, where the performer has one; `after`: the effect is done and not yet
 * journaled; `sent`: journaled, and the result not posted.
 */
export const KILL_AT_VARIABLE = 'FARSHORE_AGENT_KILL_AT';

export function faultPoint(verb: string, point: 'before' | 'during' | 'after' | 'sent'): void {
  if (process.env[KILL_AT_VARIABLE] === `${verb}:${point}`) process.kill(process.pid, 'SIGKILL');
}
