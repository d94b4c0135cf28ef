/**
 * Signs commands to agents: an Ed25519 key, made at the first start, kept beside the authority and read by the controller only. An agent
 * learns the public half when it joins and at each renewal, and obeys nothing that is not signed with it.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { keepKeyFile, readKeyFile } from './key-file.ts';

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
  const key = createPrivateKey((await readKeyFile(file, 'the key that commands are signed with')) ?? (await keepKeyFile(file, makeKey())));
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

const makeKey = (): string => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
