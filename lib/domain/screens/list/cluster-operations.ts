import { NO_PARTS, READERS } from '../screen.ts';
import type { Screen } from '../screen.ts';

export const clusterOperations: Screen<'cluster-operations'> = {
  name: 'cluster-operations',
  place: 'cluster',
  path: '/operations',
  alsoAt: [],
  label: 'Operations',
  title: 'Operations of {cluster}',
  about: 'operations and maintenance',
  parts: NO_PARTS,
  offered: false,
  count: null,
  access: READERS,
  missing: null,
};
