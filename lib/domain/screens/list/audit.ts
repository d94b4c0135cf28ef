import { NO_PARTS } from '../screen.ts';
import type { Screen } from '../screen.ts';

export const audit: Screen<'audit'> = {
  name: 'audit',
  place: 'main',
  path: '/audit',
  alsoAt: [],
  label: 'Audit',
  title: 'Audit',
  about: 'who did what, and the hash chain',
  parts: NO_PARTS,
  offered: true,
  count: null,
  access: { permission: 'audit.read', on: 'anywhere', otherwise: null },
  missing: null,
};
