/** Watches that one identity is used by one agent, and locks it when two use it (see agent-instance.ts for the judgement). */
import type pg from 'pg';
import type { Logger } from 'pino';
import { appendAudit, actorLabel } from '../../lib/audit/append.ts';
import { findIdentityByNodeUuid, lockIdentity, takeOverInstance } from '../../lib/db/fleet/identities.ts';
import { inTransaction } from '../../lib/db/ground/pool.ts';
import type { FleetDirectory, KnownNode } from '../fleet-directory.ts';
import { judgeInstance, type InstanceRecord, type Takeover } from './agent-instance.ts';
import { identityLocked } from './caller.ts';
import { GatewayProblem } from './problem.ts';

/** Takeovers at two controllers at once are looked at again this often; then it is no coincidence. */
const JUDGE_ATTEMPTS_MAX = 3;

export class InstanceGuard {
  readonly #pool: pg.Pool;
  readonly #fleet: FleetDirectory;
  readonly #log: Logger;
  readonly #takeovers = new Map<number, Takeover>();

  constructor(pool: pg.Pool, fleet: FleetDirectory, log: Logger) {
    this.#pool = pool;
    this.#fleet = fleet;
    this.#log = log;
  }

  /**
   * Passes a message of the instance that speaks for the node, and records a new one. Throws `identity-locked` when this message
   * proves two holders, `instance-superseded` for a delayed message of an agent that was restarted.
   */
  async assertInstance(known: KnownNode, instanceId: string, sentAtMs: number, nowMs: number): Promise<void> {
    if (known.node.identity?.instanceId === instanceId) return;
    for (let attempt = 0; attempt < JUDGE_ATTEMPTS_MAX; attempt += 1) {
      if (await this.#judge(known, instanceId, sentAtMs, nowMs)) return;
    }
    throw new GatewayProblem('too-many-requests', 'Several agents claim this node at this moment.', { retryAfterSeconds: 1 });
  }

  /** The database decides; memory may be a moment old. `false`: it changed meanwhile, look again. */
  async #judge(known: KnownNode, instanceId: string, sentAtMs: number, nowMs: number): Promise<boolean> {
    const { node } = known;
    const record = await this.#currentRecord(known);
    const verdict = judgeInstance(record, instanceId, sentAtMs, this.#takeovers.get(node.id) ?? null, nowMs);
    if (verdict.kind === 'current') return true;
    if (verdict.kind === 'late') {
      throw new GatewayProblem(
        'instance-superseded',
        `A newer start of the agent of ${node.name} has taken over; this message came too late.`,
      );
    }
    if (verdict.kind === 'second-holder') {
      return await this.lock(known, `two agents used it at the same time, last at ${new Date(nowMs).toISOString()}.`);
    }
    if (!(await takeOverInstance(this.#pool, node.id, record.instanceId, instanceId))) return false;
    this.#takeovers.set(node.id, { sentAtMs, receivedAtMs: nowMs });
    if (record.instanceId !== null) this.#log.info({ node: node.name, cluster: known.cluster.slug }, 'the agent of a node was restarted');
    this.#fleet.noteInstance(node.uuid, instanceId, record.instanceId);
    return true;
  }

  async #currentRecord(known: KnownNode): Promise<InstanceRecord> {
    const identity = await findIdentityByNodeUuid(this.#pool, known.node.uuid);
    if (identity === null)
      throw new GatewayProblem('certificate-refused', `The node ${known.node.name} has not joined. Join it with a token.`);
    if (identity.lockedAtMs !== null) throw identityLocked(known.node.name, identity.lockReason);
    return identity;
  }

  /** Locks the identity, on the record, and throws what both holders get from now on. */
  async lock({ node, cluster }: KnownNode, reason: string): Promise<never> {
    const at = new Date();
    await inTransaction(this.#pool, async (client) => {
      if (!(await lockIdentity(client, node.id, reason, at))) return;
      const actor = actorLabel({ kind: 'system', process: 'controller' });
      await appendAudit(client, {
        at,
        actor,
        action: 'node.lock',
        subject: `node:${cluster.slug}/${node.name}`,
        outcome: 'done',
        body: { reason },
      });
    });
    this.#log.warn({ node: node.name, cluster: cluster.slug, reason }, 'locked an identity');
    await this.#fleet.refresh().catch(() => undefined);
    throw identityLocked(node.name, reason);
  }

  /** Forgets what it knew of a node that has joined again. */
  forget(nodeId: number): void {
    this.#takeovers.delete(nodeId);
  }
}
