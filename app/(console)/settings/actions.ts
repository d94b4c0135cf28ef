'use server';
import type { ActionAnswer } from '@/components/forms/action-answer.ts';
import type { NewCluster } from '@/components/settings/clusters-screen.tsx';
import type { PolicyChange } from '@/components/settings/policy-section.tsx';
import { requireActor } from '@/lib/auth/session.ts';
import { createApiToken } from '@/lib/commands/api-token/create.ts';
import { revokeApiToken } from '@/lib/commands/api-token/revoke.ts';
import { createCluster } from '@/lib/commands/cluster/create.ts';
import { retireCluster } from '@/lib/commands/cluster/retire.ts';
import { setPolicy } from '@/lib/commands/cluster/set-policy.ts';
import { issueJoinToken } from '@/lib/commands/node/issue-join-token.ts';
import { registerNode } from '@/lib/commands/node/register.ts';
import { retireNode } from '@/lib/commands/node/retire.ts';
import { unlockNode } from '@/lib/commands/node/unlock.ts';
import { revokeSessions } from '@/lib/commands/session/revoke.ts';
import { createUser } from '@/lib/commands/user/create.ts';
import { disableAccount } from '@/lib/commands/user/disable.ts';
import { setRole } from '@/lib/commands/user/set-role.ts';
import type { ApiTokenPermission, Role } from '@/lib/domain/policy/permissions.ts';
import { readInstallation } from '@/lib/queries/settings/registry.ts';
import { perform } from '../perform.ts';

/** Inputs come from a browser: their types here are a hint for the forms, and each command parses what really came. */
const SETTINGS = '/settings';

export async function addCluster(input: NewCluster): Promise<ActionAnswer<{ slug: string }>> {
  return perform((context) => createCluster(context, input), SETTINGS);
}

export async function changePolicy(input: PolicyChange): Promise<ActionAnswer<unknown>> {
  return perform((context) => setPolicy(context, input), SETTINGS);
}

export async function endCluster(input: { cluster: string }): Promise<ActionAnswer<unknown>> {
  return perform((context) => retireCluster(context, input), null);
}

interface NodeInput {
  cluster: string;
  name: string;
  provider: string;
  region: string;
  zone: string;
  jurisdiction: string;
}

export async function addNode(input: NodeInput): Promise<ActionAnswer<{ name: string }>> {
  return perform((context) => registerNode(context, input), SETTINGS);
}

export async function retire(input: { cluster: string; node: string }): Promise<ActionAnswer<unknown>> {
  return perform((context) => retireNode(context, input), SETTINGS);
}

export async function unlock(input: { cluster: string; node: string }): Promise<ActionAnswer<unknown>> {
  return perform((context) => unlockNode(context, input), SETTINGS);
}

/** The pin comes from the database, where the controller wrote it, and not from the browser. */
export async function issueToken(input: { cluster: string; node: string }): Promise<ActionAnswer<{ token: string; expiresAt: string }>> {
  const actor = await requireActor('cluster.read', 'anywhere');
  return perform(async (context) => {
    const installation = await readInstallation(actor);
    if (installation === null) {
      const reason = 'No controller has started yet: there is nothing to join. Start the controller, then issue the token.';
      return { ok: false, kind: 'refused', reasons: [reason] };
    }
    const { cluster, node } = input;
    const result = await issueJoinToken(context, { cluster, node, caFingerprint: installation.caFingerprint });
    return result.ok ? { ok: true, value: { token: result.value.token, expiresAt: result.value.expiresAt.toISOString() } } : result;
  }, SETTINGS);
}

export async function addUser(input: {
  email: string;
  name: string;
  role: Role;
  clusters: string[] | null;
}): Promise<ActionAnswer<{ email: string; password: string }>> {
  const { email, name, role, clusters } = input;
  return perform((context) => createUser(context, { email, name, role, clusters }), SETTINGS);
}

export async function changeRole(input: { email: string; role: Role | 'none'; clusters: string[] | null }): Promise<ActionAnswer<unknown>> {
  return perform((context) => setRole(context, input), SETTINGS);
}

export async function disableUser(input: { email: string }): Promise<ActionAnswer<{ sessionsEnded: number }>> {
  return perform((context) => disableAccount(context, input), SETTINGS);
}

export async function endSessions(input: { email: string } | { sessionId: string }): Promise<ActionAnswer<{ sessionsEnded: number }>> {
  return perform((context) => revokeSessions(context, input), SETTINGS);
}

export async function addApiToken(input: {
  name: string;
  permissions: ApiTokenPermission[];
  clusters: string[] | null;
  validDays: number | null;
}): Promise<ActionAnswer<{ token: string }>> {
  return perform((context) => createApiToken(context, input), SETTINGS);
}

export async function endApiToken(input: { id: number }): Promise<ActionAnswer<unknown>> {
  return perform((context) => revokeApiToken(context, input), SETTINGS);
}
