import { done } from './model.ts';
import type { VerbModel } from './model.ts';

export const model: VerbModel<'report'> = (_args, { server }) => done({ report: server.report(), history: server.history() });
