import { done } from './model.ts';
import type { VerbModel } from './model.ts';

export const model: VerbModel<'verify-archive'> = () => done({ history: true, firstSegment: null, waitedMs: 0 });
