import { done } from './model.ts';
import type { VerbModel } from './model.ts';

export const model: VerbModel<'rewind'> = ({ source }, { server }) =>
  server.copyFrom(source, 'rewind') ?? done({ tookMs: 1, needed: true, output: '' });
