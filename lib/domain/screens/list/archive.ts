import { NO_PARTS, READERS } from '../screen.ts';
import type { Screen } from '../screen.ts';

export const archive: Screen<'archive'> = {
  name: 'archive',
  place: 'cluster',
  path: '/archive',
  alsoAt: [],
  label: 'Archive & backups',
  title: 'Archive & backups of {cluster}',
  about: 'WAL archive, gaps and backups',
  parts: NO_PARTS,
  offered: false,
  count: null,
  access: READERS,
  missing: null,
};
