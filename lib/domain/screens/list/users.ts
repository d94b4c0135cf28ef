import { NO_PARTS } from '../screen.ts';
import type { Screen } from '../screen.ts';

export const users: Screen<'users'> = {
  name: 'users',
  place: 'settings',
  path: '/settings/users',
  alsoAt: [],
  label: 'Users',
  title: 'Users',
  about: 'accounts, roles and sessions',
  parts: NO_PARTS,
  offered: false,
  count: null,
  access: { permission: 'user.manage', on: 'fleet', otherwise: 'Users and sessions' },
  missing: null,
};
