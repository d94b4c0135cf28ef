import { describe, expect, test } from 'vitest';
import { parseConfig } from '../agent/config.ts';
import { agentConfig } from './agent-config.ts';
import { FLEET } from './fleet.ts';
import type { NodeSpec } from './fleet.ts';
import { nodePaths } from './node-paths.ts';
import { PostgresServer } from './postgres-server.ts';
import { ProcessKeeper } from './processes.ts';

const ROOT = '/var/tmp/a-lab';
const user = { name: 'postgres', ids: undefined };
const binaries = {
  postgresBin: '/usr/lib/postgresql/15/bin',
  postgresMajor: 15,
  pgbackrest: '/usr/bin/pgbackrest',
  pgbouncer: 'pgbouncer',
};
const keeper = new ProcessKeeper('/dev/null', user);

function configOf(spec: NodeSpec) {
  const paths = nodePaths(ROOT, spec.name);
  const node = { spec, paths, server: new PostgresServer(spec.name, paths, binaries, user, keeper), walVolumeProblem: null };
  const controller = { url: 'https://127.97.11.250:7443', serverName: '127.0.0.1' };
  return parseConfig(agentConfig({ root: ROOT, range: '127.97', user, binaries }, node, controller, `${ROOT}/state`), {});
}

describe('agent.toml of the lab', () => {
  test.each(FLEET.flatMap((cluster) => cluster.nodes.map((spec) => [spec.name, spec] as const)))(
    'of %s is what the agent understands, and knows every peer by its own link',
    (name, spec) => {
      const config = configOf(spec);
      const others = FLEET.find((cluster) => cluster.slug === spec.cluster)?.nodes.filter((peer) => peer.name !== name) ?? [];
      expect(Object.keys(config.peers)).toEqual(others.map((peer) => peer.name));
      for (const peer of others) expect(config.peers[peer.name]?.hostaddr).toBe(`127.97.${10 + spec.index}.${peer.index}`);
      expect(config.control?.user).toBe('farshore_control');
    },
  );

  test('tells every agent of a cluster where its pooler finds each node', () => {
    const [spec] = FLEET[0]?.nodes.slice(1) ?? [];
    if (spec === undefined) throw new Error('The fleet is empty.');
    const pooler = configOf(spec).poolers['payments-endpoint'];
    expect(pooler?.config).toBe(`${ROOT}/clusters/payments/pgbouncer/pgbouncer.ini`);
    expect(Object.values(pooler?.nodes ?? {}).map((node) => node.host)).toEqual([1, 2, 3, 4].map((index) => `127.97.111.${index}`));
  });
});
