/** Chooses the loopback port of the private control database. */
import { existsSync, readFileSync } from 'node:fs';
import net from 'node:net';
import type { Paths } from './directory.ts';

function portIsFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = net.createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

function anyFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as net.AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

/** The wanted port, or the one of the last start, or any that is free. */
export async function choosePort(paths: Paths, wanted: number | undefined, log: (line: string) => void): Promise<number> {
  const last = existsSync(paths.port) ? Number(readFileSync(paths.port, 'utf8')) : undefined;
  const preferred = wanted ?? last;
  if (preferred !== undefined && preferred > 0 && (await portIsFree(preferred))) return preferred;
  const port = await anyFreePort();
  if (preferred !== undefined && preferred > 0) log(`Port ${preferred} is taken: the control database listens on ${port} instead.`);
  return port;
}
