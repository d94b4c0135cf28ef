import { done } from './model.ts';
import type { VerbModel } from './model.ts';

export const model: VerbModel<'prepare-slots'> = ({ slots }, { server }) => {
  for (const { name } of slots) server.makeSlot(name);
  return done({ slots: slots.map(({ name }) => ({ name, restartLsn: null })) });
};
