/**
 * The key that commands to agents are signed with: Ed25519, made at the first start, kept beside the authority and read by the controller
 * only. An agent learns the public half when it joins and at each renewal, and obeys nothing that is not signed with it.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface CommandSigner {
  /** SPKI, PEM. */
  publicKeyPem: string;
  /** Base64 of the signature over the text's UTF-8 bytes. */
  sign(text: string): string;
}

/** Opens the key kept in `dir`, making it if there is none. Throws with a sentence when it can't be used. */
export async function openCommandSigner(dir: string): Promise<CommandSigner> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const file = join(dir, 'command-signing.pem');
  const key = createPrivateKey((await readStored(file)) ?? (await makeKey(file)));
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new Error(
      `${file} holds a key of the type ${key.asymmetricKeyType}; commands are signed with Ed25519. Restore it from a backup.`,
    );
  }
  return {
    publicKeyPem: createPublicKey(key).export({ type: 'spki', format: 'pem' }) as string,
    sign: (text) => sign(null, Buffer.from(text, 'utf8'), key).toString('base64'),
  };
}

async function makeKey(file: string): Promise<string> {
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  // Written aside and linked into place: two controllers that start together must end up with the same key.
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, pem, { mode: 0o600, flag: 'wx' });
  try {
    await link(draft, file);
    return pem;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return await readFile(file, 'utf8');
  } finally {
    await rm(draft, { force: true });
  }
}

async function readStored(file: string): Promise<string | null> {
  try {
    const mode = (await stat(file)).mode & 0o777;
    if ((mode & 0o077) !== 0) {
      throw new Error(
        `${file} holds the key that commands are signed with, but others can read it (mode ${mode.toString(8)}). Run: chmod 600 ${file}`,
      );
    }
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
