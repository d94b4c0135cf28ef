import { done } from './model.ts';
import type { VerbModel } from './model.ts';

export const model: VerbModel<'keep-diverged'> = (_args, { server }) => done({ ledger: server.keepDiverged() });
