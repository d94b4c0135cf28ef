// Written by `node setup/list-verbs.ts`. Do not edit.
import type { Verb } from '../../lib/agent-contract/verbs.ts';
import type { Performer } from './performer.ts';

export const PERFORMERS: { [V in Verb]: () => Promise<{ perform: Performer<V> }> } = {
  'await-wal': () => import('./await-wal.ts'),
  cancel: () => import('./cancel.ts'),
  'check-backup': () => import('./check-backup.ts'),
  checkpoint: () => import('./checkpoint.ts'),
  clone: () => import('./clone.ts'),
  'drop-slot': () => import('./drop-slot.ts'),
  fence: () => import('./fence.ts'),
  follow: () => import('./follow.ts'),
  'hold-archive-restore': () => import('./speed/hold-archive-restore.ts'),
  'keep-diverged': () => import('./keep-diverged.ts'),
  'note-term': () => import('./note-term.ts'),
  'pooler-pause': () => import('./pooler-pause.ts'),
  'pooler-point': () => import('./pooler-point.ts'),
  'pooler-resume': () => import('./pooler-resume.ts'),
  'pooler-switch': () => import('./pooler-switch.ts'),
  'prepare-slots': () => import('./prepare-slots.ts'),
  promise: () => import('./promise.ts'),
  promote: () => import('./promote.ts'),
  reload: () => import('./reload.ts'),
  report: () => import('./report.ts'),
  restart: () => import('./restart.ts'),
  restore: () => import('./restore.ts'),
  rewind: () => import('./rewind.ts'),
  'set-synchronous': () => import('./set-synchronous.ts'),
  'start-primary': () => import('./start-primary.ts'),
  'start-standby': () => import('./start-standby.ts'),
  'stop-primary': () => import('./stop-primary.ts'),
  'verify-archive': () => import('./verify-archive.ts'),
};
