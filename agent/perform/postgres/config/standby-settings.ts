/** Builds the settings that make a node a standby of another one. */
import { closeSync, existsSync, fchownSync, fsyncSync, openSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { writeFileAtomically } from '../../../journal/atomic-file.ts';
import type { PerformContext } from '../../performer.ts';
import type { SettingChanges } from './auto-conf.ts';
import { writeAutoConf } from './auto-conf.ts';
import { isHeld, signalFileOf } from '../directory/start-guard-mark.ts';
import { dataDirectoryOf } from '../directory/node-paths.ts';
import { replicationConninfo } from './primary-conninfo.ts';

/** Of a restore or of somebody's point-in-time recovery: with one of these left the standby would stop or promote itself. */
const RECOVERY_TARGETS = [
  'recovery_target',
  'recovery_target_name',
  'recovery_target_time',
  'recovery_target_xid',
  'recovery_target_lsn',
  'recovery_target_inclusive',
  'recovery_target_action',
];

/** Which take effect without a restart. */
export function upstreamSettings(context: PerformContext, upstream: string, slot: string | null): SettingChanges {
  return {
    primary_conninfo: replicationConninfo(context.config, context.nodeName, upstream),
    primary_slot_name: slot ?? '',
    // They belong to the primary: a standby that keeps them would block every write after its own promotion.
    synchronous_standby_names: '',
  };
}

function fsyncDirectory(directory: string): void {
  const handle = openSync(directory, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Turns a stopped server's directory into that of a standby. The signal file comes first: without it the node could start writable. */
export function makeStandbyDirectory(context: PerformContext, upstream: string, slot: string | null): void {
  const dataDirectory = dataDirectoryOf(context.instance);
  const changes: SettingChanges = {
    ...upstreamSettings(context, upstream, slot),
    recovery_target_timeline: 'latest',
    ...Object.fromEntries(RECOVERY_TARGETS.map((name) => [name, null])),
  };
  const file = signalFileOf(dataDirectory);
  if (isHeld(dataDirectory)) writeFileAtomically(file, '');
  if (!existsSync(file)) {
    const handle = openSync(file, 'w', 0o600);
    try {
      if (process.getuid?.() === 0) {
        const { uid, gid } = statSync(dataDirectory);
        fchownSync(handle, uid, gid);
      }
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  }
  rmSync(path.join(dataDirectory, 'recovery.signal'), { force: true });
  fsyncDirectory(dataDirectory);
  writeAutoConf(dataDirectory, changes);
}
