import { done } from './model.ts';
import type { VerbModel } from './model.ts';

export const model: VerbModel<'clone'> = ({ source }, { server }) => server.copyFrom(source, 'clone') ?? done({ tookMs: 1, bytes: 0 });
