import { done } from './model.ts';
import type { VerbModel } from './model.ts';

export const model: VerbModel<'restore'> = (_args, { server }) => server.restoreBackup() ?? done({ tookMs: 1, output: '' });
