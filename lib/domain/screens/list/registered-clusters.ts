import { NO_PARTS, READERS } from '../screen.ts';
import type { Screen } from '../screen.ts';

export const registeredClusters: Screen<'registered-clusters'> = {
  name: 'registered-clusters',
  place: 'settings',
  path: '/settings/clusters',
  alsoAt: [],
  label: 'Clusters & nodes',
  title: 'Clusters and nodes',
  about: 'registration, objectives and enrolment',
  parts: NO_PARTS,
  offered: false,
  count: null,
  access: READERS,
  missing: null,
};
