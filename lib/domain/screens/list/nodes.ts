import { NO_PARTS, READERS } from '../screen.ts';
import type { Screen } from '../screen.ts';

export const nodes: Screen<'nodes'> = {
  name: 'nodes',
  place: 'cluster',
  path: '/nodes',
  alsoAt: [],
  label: 'Nodes',
  title: 'Nodes of {cluster}',
  about: 'every node in a table',
  parts: NO_PARTS,
  offered: false,
  count: null,
  access: READERS,
  missing: {
    title: 'There is no node with this name in this cluster',
    why: 'It may have been retired, or the address is mistyped. The page of its cluster lists every node that is registered.',
  },
};
