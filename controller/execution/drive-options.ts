/** Defines what every drive of an operation gets from its controller. */
import type pg from 'pg';
import type { Logger } from 'pino';
import type { LeadershipStore } from '../../lib/domain/leadership/store.ts';
import type { FleetDirectory } from '../fleet-directory.ts';
import type { CommandMailbox } from '../gateway/command-mailbox.ts';
import type { CommandSigner } from '../pki/command-signer.ts';
import type { CommandStamps } from './command-stamps.ts';
import type { ViewSource } from './view-source.ts';

export interface DriveOptions {
  pool: pg.Pool;
  fleet: FleetDirectory;
  mailbox: CommandMailbox;
  signer: CommandSigner;
  stamps: CommandStamps;
  leadership: LeadershipStore;
  views: ViewSource;
  fenceCommand: string | null;
  /** Id of this controller. */
  controller: string;
  /** The leadership of this cluster was changed by the operation, or it has ended. Resolves when that is known everywhere here. */
  onMoved: (clusterId: number) => Promise<void>;
  log: Logger;
}
