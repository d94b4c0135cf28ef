import { NO_PARTS, READERS } from '../screen.ts';
import type { Screen } from '../screen.ts';

export const slots: Screen<'slots'> = {
  name: 'slots',
  place: 'cluster',
  path: '/slots',
  alsoAt: [],
  label: 'Slots & disk',
  title: 'Slots & disk of {cluster}',
  about: 'retained WAL and free space',
  parts: NO_PARTS,
  offered: false,
  count: null,
  access: READERS,
  missing: null,
};
