import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { joinSecretHash } from '../../db/fleet/join-tokens.ts';
import { insertJoinToken } from '../../db/fleet/registry.ts';
import { defineCommand } from '../define.ts';
import { clusterSlug, nodeName } from '../names.ts';
import { nodeOf } from '../objects.ts';

/** 192 bits: not to be guessed in its few minutes, nor ever. */
const SECRET_BYTES = 24;
const VALID_MINUTES_MAX = 15;
const MINUTE_MS = 60_000;

/** Issues the one-time token with which an agent joins as one certain node. Earlier tokens of that node that were not used end. */
export const issueJoinToken = defineCommand({
  name: 'node.issue-join-token',
  permission: 'node.enrol',
  object: nodeOf(
    ({ cluster, node }) => `There is no node “${node}” in a cluster “${cluster}”. Register it first: npm run admin -- node register`,
  ),
  input: z.object({
    cluster: clusterSlug,
    node: nodeName,
    validMinutes: z
      .number()
      .positive()
      .max(VALID_MINUTES_MAX, `a join token is valid for ${VALID_MINUTES_MAX} minutes at most`)
      .default(VALID_MINUTES_MAX),
    /** SHA-256 (hex) of the authority's certificate, so that the agent knows whom it gives the secret to. */
    caFingerprint: z.string().regex(/^[0-9a-f]{64}$/, 'expected the SHA-256 of the authority’s certificate, as 64 hex digits'),
  }),
  run: async ({ tx, at, found: node }, { cluster, node: name, validMinutes, caFingerprint }) => {
    const subject = `node:${cluster}/${name}`;
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    const expiresAt = new Date(at.getTime() + validMinutes * MINUTE_MS);
    await insertJoinToken(tx, { nodeId: node.id, secretHash: joinSecretHash(secret), createdAt: at, expiresAt });
    return {
      value: { token: `fj1.${secret}.${caFingerprint}`, expiresAt },
      audit: { subject, body: { expiresAt: expiresAt.toISOString() } },
    };
  },
});
