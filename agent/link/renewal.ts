/** Renewal of the certificate at half of its life. */
import path from 'node:path';
import { rmSync } from 'node:fs';
import { z } from 'zod';
import type https from 'node:https';
import type { RenewRequest } from '../../lib/agent-contract/messages.ts';
import { CONTRACT_VERSION } from '../../lib/agent-contract/primitives.ts';
import { readJsonFile, writeFileAtomically } from '../journal/atomic-file.ts';
import { renewalDueAtMs, storeIdentity } from './identity.ts';
import type { StoredIdentity } from './identity.ts';
import { toStored } from './join.ts';
import { postJson } from './request.ts';

const Pending = z.object({ generation: z.number(), privateKeyPem: z.string(), csrPem: z.string() });

/**
 * The key of a renewal under way. It is kept until the answer has arrived, so that an answer that was lost is asked for again with the
 * same request: the controller can tell that from a second holder of the identity.
 */
async function pendingRequest(stateDirectory: string, identity: StoredIdentity): Promise<z.infer<typeof Pending>> {
  const file = path.join(stateDirectory, 'renewal.json');
  const stored = Pending.safeParse(readJsonFile(file));
  if (stored.success && stored.data.generation === identity.generation) return stored.data;
  const { makeKeyAndRequest } = await import('./key-request.ts');
  const made = { generation: identity.generation, ...(await makeKeyAndRequest(identity.nodeName)) };
  writeFileAtomically(file, `${JSON.stringify(made)}\n`);
  return made;
}

export const isRenewalDue = (identity: StoredIdentity, nowMs: number): boolean => nowMs >= renewalDueAtMs(identity);

/** Renews and stores. Throws like `postJson`; the old identity stays in use then. */
export async function renew(
  stateDirectory: string,
  identity: StoredIdentity,
  instanceId: string,
  agent: https.Agent,
): Promise<StoredIdentity> {
  const pending = await pendingRequest(stateDirectory, identity);
  const request: RenewRequest = { contractVersion: CONTRACT_VERSION, csrPem: pending.csrPem, generation: identity.generation, instanceId };
  const answer = await postJson(new URL('/v1/renew', identity.controllerUrl), JSON.stringify(request), agent);
  const { controllerUrl, serverName } = identity;
  const renewed = toStored(answer.body, { controllerUrl, serverName, privateKeyPem: pending.privateKeyPem });
  storeIdentity(stateDirectory, renewed);
  rmSync(path.join(stateDirectory, 'renewal.json'), { force: true });
  return renewed;
}
