import { NO_PARTS, READERS } from '../screen.ts';
import type { Screen } from '../screen.ts';

export const findings: Screen<'findings'> = {
  name: 'findings',
  place: 'main',
  path: '/findings',
  alsoAt: [],
  label: 'Findings',
  title: 'Findings',
  about: 'open problems and risks',
  parts: NO_PARTS,
  offered: true,
  count: 'open-findings',
  access: READERS,
  missing: null,
};
