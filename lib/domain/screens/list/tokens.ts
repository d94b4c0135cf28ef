import { NO_PARTS } from '../screen.ts';
import type { Screen } from '../screen.ts';

export const tokens: Screen<'tokens'> = {
  name: 'tokens',
  place: 'settings',
  path: '/settings/tokens',
  alsoAt: [],
  label: 'API tokens',
  title: 'API tokens',
  about: 'access of programs',
  parts: NO_PARTS,
  offered: false,
  count: null,
  access: { permission: 'token.manage', on: 'fleet', otherwise: 'Tokens of machines' },
  missing: null,
};
