import { done } from './model.ts';
import type { VerbModel } from './model.ts';

export const model: VerbModel<'check-backup'> = () => done({ output: '' });
