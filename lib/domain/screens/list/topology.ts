import { NO_PARTS, READERS } from '../screen.ts';
import type { Screen } from '../screen.ts';

export const topology: Screen<'topology'> = {
  name: 'topology',
  place: 'cluster',
  path: '',
  alsoAt: [],
  label: 'Topology',
  title: '{cluster}',
  about: 'nodes, links and lag',
  parts: NO_PARTS,
  offered: false,
  count: null,
  access: READERS,
  missing: null,
};
