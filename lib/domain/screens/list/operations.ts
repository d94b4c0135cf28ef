import { READERS } from '../screen.ts';
import type { Screen } from '../screen.ts';

export const operations: Screen<'operations'> = {
  name: 'operations',
  place: 'main',
  path: '/operations',
  alsoAt: [],
  label: 'Operations',
  title: 'Operations',
  about: 'all operations, newest first',
  parts: [
    { query: '?which=under-way', label: 'Operations in progress', about: 'running, waiting or held' },
    { query: '?which=ended', label: 'Results of operations', about: 'what has ended' },
    { query: '?which=unread', label: 'Unread results', about: 'ended and not acknowledged' },
  ],
  offered: true,
  count: null,
  access: READERS,
  missing: {
    title: 'There is no such operation',
    why: 'No operation has this address. It may have been mistyped, or belong to another installation.',
  },
};
