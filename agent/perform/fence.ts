import { messageOf } from '../../lib/runtime/error-message.ts';
import { PerformFailed } from './performer.ts';
import type { Performer } from './performer.ts';
import { controlState, readControl } from './postgres/directory/control-data.ts';
import { leaveHold } from './postgres/directory/start-guard-mark.ts';
import { dataDirectoryOf } from './postgres/directory/node-paths.ts';
import { stopByForce } from './postgres/process/server-process.ts';

/** An immediate shutdown takes some milliseconds; what has not ended then is frozen or hangs. */
export const FENCE_GRACE_MS = 1000;
export const FENCE_FORCE_MS = 8000;

/** Never a smart or fast shutdown: those wait for others, and a fence must not depend on anybody. A former primary is left so that nobody starts it writable. */
export const perform: Performer<'fence'> = async (_args, context) => {
  const dataDirectory = dataDirectoryOf(context.instance);
  const startedAtMs = performance.now();
  const { wasRunning, forced, left } = await stopByForce(dataDirectory, FENCE_GRACE_MS, FENCE_FORCE_MS);
  if (left.length > 0)
    throw new PerformFailed(
      'server-error',
      `Killed, and still there: process ${left.join(', ')}. It waits for a disk that does not answer. Cut the node off from outside, then continue.`,
      true,
    );
  try {
    leaveHold(dataDirectory);
  } catch (error) {
    // It is stopped, which is what was asked for; the guard keeps trying to mark it.
    context.log.warn('not-held', { message: messageOf(error) });
  }
  const control = await readControl(context.instance);
  return { wasRunning, forced, stopMs: performance.now() - startedAtMs, control: control === null ? null : controlState(control) };
};
