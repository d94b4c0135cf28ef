/** Runs what every server action shares: own origin, session, one command, and an answer that a form can show. */
import { revalidatePath } from 'next/cache';
import { currentUser, isDatabaseUnavailable, requireOwnOrigin } from '@/lib/auth/session.ts';
import { webCommandContext } from '@/lib/commands/web-context.ts';
import type { CommandContext, CommandResult } from '@/lib/commands/define.ts';
import { whyTooFast } from '@/app/change-rate.ts';
import type { ActionAnswer } from '@/components/forms/action-answer.ts';

const SESSION_OVER = 'Your session has ended, and nothing was changed. Sign in again, then repeat this.';
const DATABASE_DOWN = 'The control database does not answer: nothing was recorded or changed. Try again in a few seconds.';
const FAILED = 'Farshore’s web application failed, and nothing was changed; its log says why. Try again, then tell your administrator.';

/**
 * The command authorises; a denial is audited and returned as reasons. @param path the pages below it are rendered again; `null` where
 * the requesting page no longer exists afterwards
 */
export async function perform<T>(
  command: (context: CommandContext) => Promise<CommandResult<T>>,
  path: string | null,
): Promise<ActionAnswer<T>> {
  await requireOwnOrigin();
  try {
    const user = await currentUser();
    if (user === null) return { ok: false, reasons: [SESSION_OVER] };
    const tooFast = whyTooFast(user);
    if (tooFast !== null) return { ok: false, reasons: [tooFast] };
    const result = await command(webCommandContext(user));
    if (!result.ok) return { ok: false, reasons: result.reasons };
    if (path !== null) revalidatePath(path, 'layout');
    return { ok: true, value: result.value };
  } catch (error) {
    if (isDatabaseUnavailable(error)) {
      console.error('[web] The control database could not be queried:', (error as Error).message);
      return { ok: false, reasons: [DATABASE_DOWN] };
    }
    console.error('[web] An action failed:', error);
    return { ok: false, reasons: [FAILED] };
  }
}
