/** Ends a command that is under way or waits, and answers once its own result is out. */
import type { Performer } from './performer.ts';

export const perform: Performer<'cancel'> = async ({ command }, { self }) => ({ cancelled: await self.cancel(command) });
