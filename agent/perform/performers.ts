/** Which file performs which verb. Each is loaded when it is first needed: an agent that only observes pays nothing for them. */
import type { Verb } from '../../lib/agent-contract/verbs.ts';
import type { Performer } from './performer.ts';

/** What the runner does itself, because it is about leadership and about commands, not about the server. */
export type DeskVerb = 'note-term' | 'cancel';
export type PerformedVerb = Exclude<Verb, DeskVerb>;
type Loaders = { [V in PerformedVerb]: () => Promise<{ perform: Performer<V> }> };

const LOADERS: Loaders = {
  report: () => import('./report.ts'),
  checkpoint: () => import('./checkpoint.ts'),
  'prepare-slots': () => import('./prepare-slots.ts'),
  'set-synchronous': () => import('./set-synchronous.ts'),
  'hold-archive-restore': () => import('./speed/hold-archive-restore.ts'),
  'stop-primary': () => import('./stop-primary.ts'),
  'await-wal': () => import('./await-wal.ts'),
  'start-primary': () => import('./start-primary.ts'),
  promote: () => import('./promote.ts'),
  promise: () => import('./promise.ts'),
  follow: () => import('./follow.ts'),
  'start-standby': () => import('./start-standby.ts'),
  fence: () => import('./fence.ts'),
  'keep-diverged': () => import('./keep-diverged.ts'),
  rewind: () => import('./rewind.ts'),
  restore: () => import('./restore.ts'),
  clone: () => import('./clone.ts'),
  'pooler-pause': () => import('./pooler-pause.ts'),
  'pooler-resume': () => import('./pooler-resume.ts'),
  'pooler-point': () => import('./pooler-point.ts'),
  'pooler-switch': () => import('./pooler-switch.ts'),
  'drop-slot': () => import('./drop-slot.ts'),
  restart: () => import('./restart.ts'),
  reload: () => import('./reload.ts'),
  'verify-archive': () => import('./verify-archive.ts'),
  'check-backup': () => import('./check-backup.ts'),
};

/** While clients wait there is no time for loading: after the first command of an operation these are made ready. */
const CRITICAL = [
  ...(['stop-primary', 'await-wal', 'promote', 'fence', 'promise'] as const),
  ...(['pooler-pause', 'pooler-point', 'pooler-switch', 'pooler-resume'] as const),
] as const;

export type AnyPerformer = Performer<Verb>;
/** Gives the performer of a verb. */
export type LoadPerformer = (verb: PerformedVerb) => Promise<AnyPerformer>;

export const loadPerformer: LoadPerformer = async (verb) => (await LOADERS[verb]()).perform as unknown as AnyPerformer;

/** Loads what the critical section needs. Its failure shows when the verb is performed. */
export async function loadCritical(): Promise<void> {
  await Promise.allSettled(CRITICAL.map((verb) => LOADERS[verb]()));
}
