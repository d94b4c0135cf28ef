import { NO_PARTS } from '../screen.ts';
import type { Screen } from '../screen.ts';

export const retention: Screen<'retention'> = {
  name: 'retention',
  place: 'settings',
  path: '/settings/retention',
  alsoAt: [],
  label: 'Retention',
  title: 'Retention',
  about: 'what is kept for how long',
  parts: NO_PARTS,
  offered: false,
  count: null,
  access: { permission: 'cluster.read', on: 'fleet', otherwise: 'What is kept for how long' },
  missing: null,
};
