import { NO_PARTS, READERS } from '../screen.ts';
import type { Screen } from '../screen.ts';

export const settings: Screen<'settings'> = {
  name: 'settings',
  place: 'main',
  path: '/settings',
  alsoAt: [],
  label: 'Settings',
  title: 'Settings',
  about: 'clusters, nodes, users, objectives',
  parts: NO_PARTS,
  offered: true,
  count: null,
  access: READERS,
  missing: null,
};
