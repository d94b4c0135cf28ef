import { done } from './model.ts';
import type { VerbModel } from './model.ts';

export const model: VerbModel<'drop-slot'> = ({ slot }, { server }) => done({ existed: server.dropSlot(slot) });
