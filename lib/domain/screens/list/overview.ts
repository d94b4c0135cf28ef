import { NO_PARTS, READERS } from '../screen.ts';
import type { Screen } from '../screen.ts';

export const overview: Screen<'overview'> = {
  name: 'overview',
  place: 'main',
  path: '/',
  alsoAt: ['/clusters'],
  label: 'Overview',
  title: 'Clusters',
  about: 'every cluster',
  parts: NO_PARTS,
  offered: true,
  count: null,
  access: READERS,
  missing: {
    title: 'There is no cluster with this name',
    why: 'It may have been retired, or the address is mistyped. The clusters page lists every cluster that Farshore watches.',
  },
};
