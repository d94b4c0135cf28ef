// Written by `node setup/list-verbs.ts`. Do not edit.
import { verb as awaitWal } from './await-wal.ts';
import { verb as cancel } from './cancel.ts';
import { verb as checkBackup } from './check-backup.ts';
import { verb as checkpoint } from './checkpoint.ts';
import { verb as clone } from './clone.ts';
import { verb as dropSlot } from './drop-slot.ts';
import { verb as fence } from './fence.ts';
import { verb as follow } from './follow.ts';
import { verb as holdArchiveRestore } from './hold-archive-restore.ts';
import { verb as keepDiverged } from './keep-diverged.ts';
import { verb as noteTerm } from './note-term.ts';
import { verb as poolerPause } from './pooler-pause.ts';
import { verb as poolerPoint } from './pooler-point.ts';
import { verb as poolerResume } from './pooler-resume.ts';
import { verb as poolerSwitch } from './pooler-switch.ts';
import { verb as prepareSlots } from './prepare-slots.ts';
import { verb as promise } from './promise.ts';
import { verb as promote } from './promote.ts';
import { verb as reload } from './reload.ts';
import { verb as report } from './report.ts';
import { verb as restart } from './restart.ts';
import { verb as restore } from './restore.ts';
import { verb as rewind } from './rewind.ts';
import { verb as setSynchronous } from './set-synchronous.ts';
import { verb as startPrimary } from './start-primary.ts';
import { verb as startStandby } from './start-standby.ts';
import { verb as stopPrimary } from './stop-primary.ts';
import { verb as verifyArchive } from './verify-archive.ts';

export const VERB_MODULES = {
  'await-wal': awaitWal,
  cancel,
  'check-backup': checkBackup,
  checkpoint,
  clone,
  'drop-slot': dropSlot,
  fence,
  follow,
  'hold-archive-restore': holdArchiveRestore,
  'keep-diverged': keepDiverged,
  'note-term': noteTerm,
  'pooler-pause': poolerPause,
  'pooler-point': poolerPoint,
  'pooler-resume': poolerResume,
  'pooler-switch': poolerSwitch,
  'prepare-slots': prepareSlots,
  promise,
  promote,
  reload,
  report,
  restart,
  restore,
  rewind,
  'set-synchronous': setSynchronous,
  'start-primary': startPrimary,
  'start-standby': startStandby,
  'stop-primary': stopPrimary,
  'verify-archive': verifyArchive,
} as const;
