import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Observation } from '../../lib/agent-contract/observation.ts';
import type { ClusterView } from '../../lib/domain/topology/model.ts';
import { joinNode, registerCluster, startControllerFixture, waitFor, type ControllerFixture } from '../../test/controller-fixture.ts';
import { SimulatedAgent } from '../../test/simulated-agent.ts';
import {
  NODES_PER_CLUSTER,
  clusterSlug,
  nodeName,
  simulatedFleet,
  simulatedObservation,
  type SimulatedNode,
} from '../../test/simulated-observation.ts';
import type { RunningController } from '../start.ts';

const TICK_MS = 250;
const startedAtMs = Date.now() - 60_000;

/** Simulated agents that keep sending whatever happens to the controller, keeping what was not acknowledged. */
class TalkingFleet {
  readonly agents = new Map<
    string,
    { agent: SimulatedAgent; node: SimulatedNode; unsent: Observation[]; sent: number; silent: boolean; mute: boolean }
  >();
  change: (node: SimulatedNode, observation: Observation) => Observation = (_node, observation) => observation;
  #timer: NodeJS.Timeout | null = null;
  readonly #busy = new Set<string>();

  add(node: SimulatedNode, agent: SimulatedAgent): void {
    this.agents.set(node.name, { agent, node, unsent: [], sent: 0, silent: false, mute: false });
  }

  talk(): void {
    this.#timer = setInterval(() => {
      for (const name of this.agents.keys()) void this.#tick(name);
    }, TICK_MS);
  }

  /** Stops observing, and delivers what is left. */
  async finish(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    for (const talker of this.agents.values()) talker.mute = true;
    await waitFor('all samples to be acknowledged', async () => {
      for (const name of this.agents.keys()) await this.#tick(name);
      return [...this.agents.values()].every(({ unsent }) => unsent.length === 0);
    });
    for (const { agent } of this.agents.values()) agent.close();
  }

  async #tick(name: string): Promise<void> {
    const talker = this.agents.get(name);
    if (talker === undefined || talker.silent) return;
    if (!talker.mute) {
      talker.sent += 1;
      talker.unsent.push(this.change(talker.node, simulatedObservation(talker.node, talker.sent, Date.now(), startedAtMs)));
    }
    if (this.#busy.has(name) || talker.unsent.length === 0) return;
    this.#busy.add(name);
    const sending = talker.unsent.slice(0, 100);
    const answer = await talker.agent.send(talker.agent.batch(sending)).catch(() => null);
    if (answer?.status === 200) talker.unsent = talker.unsent.slice(sending.length);
    this.#busy.delete(name);
  }
}

let fixture: ControllerFixture;
let fleet: TalkingFleet;

async function view(clusterIndex: number): Promise<ClusterView | null> {
  const { rows } = await fixture.pool.query<{ view: ClusterView }>(
    'SELECT view FROM cluster_latest l JOIN cluster c ON c.id = l.cluster_id WHERE c.slug = $1',
    [clusterSlug(clusterIndex)],
  );
  return rows[0]?.view ?? null;
}

beforeAll(async () => {
  fixture = await startControllerFixture();
  fleet = new TalkingFleet();
  const nodes = simulatedFleet(2 * NODES_PER_CLUSTER);
  for (const index of [0, 1])
    await registerCluster(
      fixture.pool,
      clusterSlug(index),
      nodes.filter(({ clusterIndex }) => clusterIndex === index).map(({ name }) => name),
    );
  for (const node of nodes) fleet.add(node, await joinNode(fixture, node.name));
  fleet.talk();
});
afterAll(async () => {
  await fixture?.stop();
});

describe('collection', () => {
  test('a well-running cluster is seen as it is: primary, streaming standbys, no lag, term 1', async () => {
    const seen = await waitFor('a complete view', async () => {
      const now = await view(0);
      return now !== null && now.nodes.filter(({ state }) => state === 'streaming').length === NODES_PER_CLUSTER - 1 ? now : null;
    });
    expect(seen).toMatchObject({ primary: nodeName(0, 0), term: 1 });
    expect(seen.links.every(({ state, tls }) => state === 'streaming' && tls?.version === 'TLSv1.3')).toBe(true);
    const { rows } = await fixture.pool.query(
      'SELECT term, holder, source FROM leadership l JOIN cluster c ON c.id = l.cluster_id WHERE c.slug = $1',
      [clusterSlug(0)],
    );
    expect(rows).toEqual([{ term: 1, holder: nodeName(0, 0), source: 'first-seen' }]);
    const identifiers = await fixture.pool.query('SELECT system_identifier FROM cluster ORDER BY slug');
    expect(identifiers.rows[0]).toEqual({ system_identifier: '7300000000000000000' });
  });

  test('a standby whose server died is a finding in the view within ten seconds, and is resolved when it is back', async () => {
    const dead = nodeName(0, 1);
    fleet.change = (node, observation) => {
      if (node.name === dead) return { ...observation, server: { state: 'stopped', message: 'no postmaster' }, postgres: null };
      if (node.name !== nodeName(0, 0) || observation.postgres === null) return observation;
      const downstreams = observation.postgres.downstreams.filter(({ applicationName }) => applicationName !== dead);
      return { ...observation, postgres: { ...observation.postgres, downstreams } };
    };
    const opened = await waitFor('the finding', async () =>
      (await view(0))?.findings.find((one) => one.code === 'server-not-running' && one.nodeName === dead),
    );
    expect(opened.nextAction.length).toBeGreaterThan(0);
    const stored = await fixture.pool.query('SELECT resolved_at FROM finding WHERE id = $1', [opened.id]);
    expect(stored.rows).toEqual([{ resolved_at: null }]);
    expect((await view(0))?.nodes.map(({ name }) => name)).toContain(dead);
    expect((await view(1))?.findings.filter(({ code }) => code === 'server-not-running')).toEqual([]);
    fleet.change = (_node, observation) => observation;
    await waitFor(
      'it to be resolved',
      async () => {
        const { rows } = await fixture.pool.query<{ resolved_at: Date | null }>('SELECT resolved_at FROM finding WHERE id = $1', [
          opened.id,
        ]);
        return rows[0]?.resolved_at;
      },
      20_000,
    );
  });

  test('a node that falls silent is not seen, and back-fills everything when it is back', async () => {
    const quiet = fleet.agents.get(nodeName(1, 2));
    if (quiet === undefined) throw new Error('no such agent');
    quiet.silent = true;
    await waitFor(
      'the node to be unknown',
      async () => (await view(1))?.nodes.find(({ name }) => name === quiet.node.name)?.state === 'unknown',
      15_000,
    );
    quiet.silent = false;
    await waitFor(
      'it to be streaming again',
      async () => (await view(1))?.nodes.find(({ name }) => name === quiet.node.name)?.state === 'streaming',
      15_000,
    );
  });

  test('two controllers: one leads, the other takes in samples that the leader sees, and takes over within ten seconds', async () => {
    const second = await fixture.startAnother();
    const leads = async (one: RunningController) => ((await (await fetch(one.healthUrl)).json()) as { leader: boolean }).leader;
    expect([await leads(fixture.controller), await leads(second)]).toEqual([true, false]);
    // All agents of one cluster now report to the controller that does not lead.
    const moved = [...fleet.agents.values()].filter(({ node }) => node.clusterIndex === 1);
    const moveTo = (url: string): void => {
      for (const talker of moved) {
        const { caPem, certificatePem, keyPem, instanceId } = talker.agent;
        talker.agent.close();
        talker.agent = new SimulatedAgent({ url, caPem, certificatePem, keyPem, instanceId });
      }
    };
    moveTo(second.gatewayUrl);
    const movedAtMs = Date.now() + 1_000;
    await waitFor(
      'the leader to see them',
      async () => {
        const observed = (await view(1))?.nodes.map(({ observedAt }) => Date.parse(observedAt ?? '')) ?? [];
        return observed.length > 0 && Math.min(...observed) > movedAtMs;
      },
      15_000,
    );
    await fixture.controller.stop();
    const lostAt = performance.now();
    await waitFor('the other to lead', () => leads(second));
    const stoppedAtMs = Date.now();
    await waitFor('it to renew the views', async () => Date.parse((await view(1))?.computedAt ?? '') > stoppedAtMs);
    expect(performance.now() - lostAt).toBeLessThan(10_000);
    for (const talker of fleet.agents.values()) {
      const { caPem, certificatePem, keyPem, instanceId } = talker.agent;
      talker.agent.close();
      talker.agent = new SimulatedAgent({ url: second.gatewayUrl, caPem, certificatePem, keyPem, instanceId });
    }
    fixture.controller = second;
  });

  test('the control database restarted twice under load: nothing is lost, nothing is stored twice', async () => {
    for (const mode of ['fast', 'immediate'] as const) {
      await fixture.postgres.halt(mode);
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      await fixture.postgres.start();
      const backAtMs = Date.now();
      await waitFor('views to be renewed', async () => Date.parse((await view(0))?.computedAt ?? '') > backAtMs + 1_000, 20_000);
    }
    await fleet.finish();
    const { rows } = await fixture.pool.query<{ name: string; count: string; distinct: string }>(
      'SELECT n.name, count(*), count(DISTINCT s.sequence) AS distinct FROM sample s JOIN node n ON n.id = s.node_id GROUP BY n.name ORDER BY n.name',
    );
    const expected = [...fleet.agents.values()].map(({ node, sent }) => ({ name: node.name, count: String(sent), distinct: String(sent) }));
    expect(rows).toEqual(expected.toSorted((a, b) => a.name.localeCompare(b.name)));
  });
});
