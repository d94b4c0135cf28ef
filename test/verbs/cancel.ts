import { done } from './model.ts';
import type { VerbModel } from './model.ts';

export const model: VerbModel<'cancel'> = () => done({ cancelled: false });
