/** Sets the controller's own clock by ten minutes, at a takeover, forward and back, on real servers: nothing frozen is shown as live, and agents obey. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCommand } from '../../controller/execution/agent-step.ts';
import { openCommandSigner } from '../../controller/pki/command-signer.ts';
import { waitFor } from '../../lab/waiting.ts';
import { insertCommands } from '../../lib/db/operations/agent-commands.ts';
import { reserveOrders } from '../../lib/db/operations/command-order.ts';
import { ageClusterView } from '../../lib/domain/topology/age.ts';
import type { ClusterView } from '../../lib/domain/topology/model.ts';
import { setShiftedClock, shiftedClock } from '../bad-clock.ts';
import { OperatedLab } from './change-of-primary.ts';
import { startWatch } from './watched-lab.ts';
import type { Watch } from './watched-lab.ts';

const SECOND_MS = 1000;
const TEN_MIN_MS = 600 * SECOND_MS;
/** Agents measure the new clock by their next requests, five of which make the median. */
const KNOWN_AGAIN_MS = 25 * SECOND_MS;
const FENCE_LIFE_MS = 30 * SECOND_MS;

const isWell = ({ state }: ClusterView['nodes'][number]): boolean => state === 'writable' || state === 'streaming';

const cluster = 'payments';
const standby = 'rax-dfw-a';
let watch: Watch;
let operated: OperatedLab;

beforeAll(async () => {
  watch = await startWatch(undefined, { clusters: [cluster] });
  operated = new OperatedLab(watch);
  await operated.allStreaming(cluster);
});
afterAll(() => watch?.stop());

test(
  'a controller’s clock that is ten minutes off',
  async () => {
    const { controller, controllerEnvironment } = watch.farshore;
    /** The controller knows its nodes by that clock; to who looks by a right clock nothing of it is live unless the two agree. */
    const knownBy = async (aheadMs: number): Promise<void> => {
      await watch.waitFor(cluster, `a view by a clock that is ${aheadMs / SECOND_MS} s ahead`, KNOWN_AGAIN_MS, (view) => {
        const isRenewed = Math.abs(Date.parse(view.computedAt) - Date.now() - aheadMs) < 3 * SECOND_MS;
        return isRenewed && view.nodes.every(isWell);
      });
      const shown = ageClusterView(await watch.view(cluster), Date.now());
      if (aheadMs !== 0) expect(shown.nodes.map(({ state }) => state)).toEqual(shown.nodes.map(() => 'unknown'));
      if (aheadMs !== 0) expect(shown.rpo.state).toBe('unknown');
    };

    // Taking over with a clock that is behind; then set forward and back while it leads.
    Object.assign(controllerEnvironment, shiftedClock(watch.lab.dir, -TEN_MIN_MS));
    await controller.stop();
    controller.start();
    await knownBy(-TEN_MIN_MS);
    const { outlook } = await operated.operator.plan(cluster, { kind: 'switchover', target: standby });
    expect(outlook.blocked.join(' ')).toMatch(/dated in the future|last seen 1?\d min/);
    setShiftedClock(watch.lab.dir, TEN_MIN_MS);
    await knownBy(TEN_MIN_MS);
    setShiftedClock(watch.lab.dir, 0);
    await knownBy(0);

    // Whatever the controller's clock said meanwhile, agents go by numbers: a fence by a clock that is behind by ten minutes is carried out.
    const signer = await openCommandSigner(join(watch.controlDir, 'pki'));
    const { rows } = await watch.pool.query<{ id: number; uuid: string; seen: number }>(
      `SELECT n.id, n.uuid, (l.observation -> 'authority' ->> 'commandOrder')::int AS seen FROM node n JOIN node_latest l ON l.node_id = n.id
     WHERE n.name = $1`,
      [standby],
    );
    const node = { ...rows[0]!, name: standby };
    const [block] = await reserveOrders(watch.pool, [{ nodeId: node.id, reported: node.seen }]);
    const { term } = await operated.leadership(cluster);
    const order = { cluster, node, operation: null, step: 'test', attempt: 1, verb: 'fence' as const, args: {}, term };
    const stamp = { issuedAtMs: Date.now() - TEN_MIN_MS, order: block!.through };
    const command = makeCommand({ ...order, deadlineMs: FENCE_LIFE_MS }, signer, stamp);
    await insertCommands(watch.pool, [command]);
    const result = await waitFor('an answer to the fence', FENCE_LIFE_MS, async () => {
      const answer = await watch.pool.query<{ result: { status: string } | null }>('SELECT result FROM agent_command WHERE id = $1', [
        command.id,
      ]);
      return answer.rows[0]?.result ?? null;
    });
    expect(result).toMatchObject({ status: 'done' });
  },
  180 * SECOND_MS,
);
