import { NO_PARTS } from '../screen.ts';
import type { Screen } from '../screen.ts';

export const about: Screen<'about'> = {
  name: 'about',
  place: 'settings',
  path: '/settings/about',
  alsoAt: [],
  label: 'About & health',
  title: 'About and health',
  about: 'Farshore itself',
  parts: NO_PARTS,
  offered: true,
  count: null,
  access: { permission: 'cluster.read', on: 'fleet', otherwise: 'Farshore’s own health' },
  missing: null,
};
