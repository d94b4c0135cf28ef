/**
 * Where the crash matrix makes this process die: FARSHORE_KILL_AT=`<step id>:before|sent|after` kills it with SIGKILL before the start of
 * that step is committed, after that commit and before anything leaves, or after its end was committed. `undo:` before the id means
 * its undo. Nothing else reads the variable.
 */
const killAt = process.env['FARSHORE_KILL_AT'] ?? '';

export function faultPoint(step: string, moment: 'before' | 'sent' | 'after'): void {
  if (killAt !== '' && killAt === `${step}:${moment}`) process.kill(process.pid, 'SIGKILL');
}
