/** Tablespaces of a real server: one on a volume of its own, one beside the data. Needs root, for the volume. */
import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, unlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Observation } from '../../lib/agent-contract/observation.ts';
import { anObservation } from '../../test/builders/observation.ts';
import { startPostgres } from '../../test/live-postgres.ts';
import type { LivePostgres } from '../../test/live-postgres.ts';
import { TablespaceVolumes } from './tablespace-volumes.ts';

const MIB = 1024 ** 2;
const VOLUME_MIB = 24;
const mayMount = process.getuid?.() === 0;

let server: LivePostgres;
let directory: string;
let volume: string;

describe.skipIf(!mayMount)('volumes of tablespaces', () => {
  beforeAll(async () => {
    server = await startPostgres();
    directory = mkdtempSync(path.join(os.tmpdir(), 'farshore-tablespaces-'));
    volume = path.join(directory, 'own');
    const beside = path.join(path.dirname(server.dataDir), 'beside');
    for (const made of [volume, beside]) mkdirSync(made);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${VOLUME_MIB}m`, 'farshore-tablespace', volume], { stdio: 'pipe' });
    execFileSync('chmod', ['755', directory]);
    const { uid, gid } = statSync(server.dataDir);
    const location = path.join(volume, 'ts');
    mkdirSync(location);
    for (const owned of [location, beside]) chownSync(owned, uid, gid);
    await server.sql(`create tablespace own location '${location}'`);
    await server.sql(`create tablespace beside location '${beside}'`);
  });
  afterAll(async () => {
    await server?.stop();
    execFileSync('umount', ['-l', volume], { stdio: 'pipe' });
    rmSync(directory, { recursive: true, force: true });
  });

  test('the own volume is observed, that of the data is not repeated, and the contract takes it', async () => {
    const observed = await new TablespaceVolumes().read(server.dataDir);
    expect(observed).toMatchObject({ more: 0, volumes: [{ mountPoint: volume, sizeBytes: VOLUME_MIB * MIB }] });
    expect(observed?.volumes).toHaveLength(1);
    await server.sql(`create table filler (t text) tablespace own`);
    await server.sql(`insert into filler select repeat(md5(n::text), 20) from generate_series(1, 12000) n`);
    await server.sql('checkpoint');
    const fuller = await new TablespaceVolumes().read(server.dataDir);
    expect(fuller!.volumes[0]!.freeBytes).toBeLessThan(observed!.volumes[0]!.freeBytes - 5 * MIB);
    expect(Observation.parse({ ...anObservation(), tablespaces: fuller }).tablespaces).toEqual(fuller);
    expect(Observation.parse({ ...anObservation(), tablespaces: { volumes: 'odd' } }).tablespaces).toBeNull();
  });

  test('what can’t be read and what is beyond the most that is looked at are counted', async () => {
    const links = Array.from({ length: 70 }, (_, index) => path.join(server.dataDir, 'pg_tblspc', String(900_000 + index)));
    for (const link of links) symlinkSync(path.join(directory, 'gone'), link);
    try {
      const observed = await new TablespaceVolumes().read(server.dataDir);
      expect(observed).toMatchObject({ more: 70, volumes: [{ mountPoint: volume }] });
    } finally {
      for (const link of links) unlinkSync(link);
    }
  });

  test('a directory that is gone is unknown, not without tablespaces', async () => {
    await expect(new TablespaceVolumes().read(path.join(directory, 'nowhere'))).rejects.toThrow();
    expect(await new TablespaceVolumes().read(null)).toBeNull();
  });
});
