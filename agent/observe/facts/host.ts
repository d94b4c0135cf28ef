import { readFile } from 'node:fs/promises';
import os from 'node:os';

export interface HostFacts {
  hostName: string;
  operatingSystem: string;
  kernel: string;
  architecture: string;
}

/** From `/etc/os-release` where there is one. */
export async function readHost(): Promise<HostFacts> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const name = /^PRETTY_NAME="?([^"\n]*)/m.exec(release)?.[1] ?? os.type();
  return {
    hostName: os.hostname().slice(0, 255),
    operatingSystem: name.slice(0, 200),
    kernel: os.release().slice(0, 200),
    architecture: os.arch().slice(0, 40),
  };
}
