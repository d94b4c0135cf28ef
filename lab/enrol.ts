/** Introduces a running lab to a running controller by the same audited commands that an administrator uses. */
import { createApiToken } from '../lib/commands/api-token/create.ts';
import { createCluster } from '../lib/commands/cluster/create.ts';
import type { CommandContext, CommandResult } from '../lib/commands/define.ts';
import { issueJoinToken } from '../lib/commands/node/issue-join-token.ts';
import { registerNode } from '../lib/commands/node/register.ts';
import { createUser } from '../lib/commands/user/create.ts';
import type { Prisma } from '../lib/db/ground/prisma.ts';
import type { Role } from '../lib/domain/policy/permissions.ts';
import type { Lab } from './lab.ts';

export interface Introduction {
  lab: Lab;
  prisma: Prisma;
  gatewayUrl: string;
  caFingerprint: string;
  log: (line: string) => void;
}

/** Registers every cluster and node, and starts an agent on each. Throws with the controller's or the agent's own sentence. */
export async function enrolLab({ lab, prisma, gatewayUrl, caFingerprint, log }: Introduction): Promise<void> {
  const context = contextOf(prisma);
  for (const { slug, name, jurisdictions, rtoObjectiveSeconds, rpoObjectiveSeconds, approvalsRequired } of lab.clusters) {
    const objectives = { rtoObjectiveSeconds, rpoObjectiveSeconds };
    const policy = { environment: 'lab' as const, jurisdictions: [...jurisdictions], ...objectives, approvalsRequired };
    valueOf(await createCluster(context, { slug, name, policy }));
  }
  log('Enrolling the agents …');
  const tokens = new Map<string, string>();
  for (const { name, cluster, site } of lab.nodes) {
    valueOf(await registerNode(context, { cluster, name, ...site }));
    tokens.set(name, valueOf(await issueJoinToken(context, { cluster, node: name, caFingerprint })).token);
  }
  await Promise.all([...tokens].map(([node, joinToken]) => lab.startAgent(node, { controllerUrl: gatewayUrl, joinToken })));
}

export interface DemoAccounts {
  accounts: { role: Role; email: string; password: string }[];
  apiToken: string;
  operatorToken: string;
}

/** One account per role, with generated passwords; a token that may only read, and one that may request operations. */
export async function createAccounts(prisma: Prisma, roles: readonly Role[]): Promise<DemoAccounts> {
  const context = contextOf(prisma);
  const accounts = await Promise.all(
    roles.map(async (role) => {
      const name = `Demo ${role}`;
      const { email, password } = valueOf(await createUser(context, { email: `${role}@farshore.example`, name, role }));
      return { role, email, password };
    }),
  );
  const reader = valueOf(await createApiToken(context, { name: 'demo', permissions: ['cluster.read'] }));
  const permissions = ['cluster.read', 'operation.request', 'operation.cancel', 'ledger.read'] as const;
  const operator = valueOf(await createApiToken(context, { name: 'demo operator', permissions: [...permissions] }));
  return { accounts, apiToken: reader.token, operatorToken: operator.token };
}

function contextOf(prisma: Prisma): CommandContext {
  return { prisma, actor: { kind: 'system', process: 'lab' }, at: new Date() };
}

function valueOf<T>(result: CommandResult<T>): T {
  if (!result.ok) throw new Error(result.reasons.join(' '));
  return result.value;
}
