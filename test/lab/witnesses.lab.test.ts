/** One agent's word moves no leadership: lies over the wire with a real node's identity, and a promotion by hand that is true. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodePaths } from '../../lab/node-paths.ts';
import { waitFor } from '../../lab/waiting.ts';
import { JOURNAL_GENESIS } from '../../lib/agent-contract/commands.ts';
import type { Observation } from '../../lib/agent-contract/observation.ts';
import { ROOT } from '../../setup/build.ts';
import { lastResort } from '../../setup/patience.ts';
import { SimulatedAgent } from '../simulated-agent.ts';
import { OperatedLab } from './change-of-primary.ts';
import { hasFinding, startWatch } from './watched-lab.ts';
import type { Watch } from './watched-lab.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const CLUSTER = 'payments';
const [PRIMARY, LIAR, HERO] = ['aws-use1-a', 'rax-dfw-a', 'aws-use1-b'];
/** Nobody streams from it: refusals seen from two hosts are its witness. */
const PROMOTED = 'gcp-use4-a';

let watch: Watch;
let operated: OperatedLab;

beforeAll(async () => {
  watch = await startWatch(undefined, { clusters: [CLUSTER] });
  operated = new OperatedLab(watch);
  await watch.lab.firstBackups;
  await operated.allStreaming(CLUSTER);
});
afterAll(() => watch?.stop());

const fences = async (): Promise<number> => {
  const { rows } = await watch.pool.query<{ count: number }>(`SELECT count(*)::int AS count FROM audit_event WHERE action = 'node.fence'`);
  return rows[0]?.count ?? 0;
};
const claimed = (timeline: number, last: Observation, sequence: number, term: number): Observation => ({
  ...last,
  sequence,
  observedAt: new Date().toISOString(),
  authority: { ...last.authority!, role: 'leader', leaderTerm: term, termSeen: term },
  postgres: {
    ...last.postgres!,
    inRecovery: false,
    timeline,
    flushLsn: last.postgres!.receiveLsn,
    insertLsn: last.postgres!.receiveLsn,
    walReceiver: null,
  },
  peerConnections: [PRIMARY, HERO].map((name) => ({
    name,
    answer: 'refused',
    at: new Date().toISOString(),
    since: new Date(Date.now() - MINUTE_MS).toISOString(),
  })),
});

interface Identity {
  caPem: string;
  certificatePem: string;
  privateKeyPem: string;
  generation: number;
}

/** The identity of a lab node, from its own state directory, in the hands of somebody else. */
function stolen(node: string): SimulatedAgent {
  const directory = nodePaths(watch.lab.dir, node).agent;
  const file = execFileSync('find', [directory, '-name', 'identity.json'], { encoding: 'utf8' }).trim().split('\n')[0] ?? '';
  const { caPem, certificatePem, privateKeyPem, generation } = JSON.parse(readFileSync(file, 'utf8')) as Identity;
  return new SimulatedAgent({ url: watch.farshore.gatewayUrl, caPem, certificatePem, keyPem: privateKeyPem, generation });
}

test.each([
  ['on the old timeline', 0],
  ['on a new one, with an entry in its journal', 1],
])(
  'a lie %s: nobody is fenced, nothing moves, and a critical finding names both',
  async (_what, above) => {
    const before = await operated.leadership(CLUSTER);
    const fencesBefore = await fences();
    await watch.lab.kill(LIAR, 'agent');
    const agent = stolen(LIAR);
    try {
      const last = await waitFor('a whole sample of its real agent', 30 * SECOND_MS, async () => {
        const { rows } = await watch.pool.query<{ observation: Observation }>(
          `SELECT observation FROM node_latest JOIN node ON node.id = node_id WHERE name = $1`,
          [LIAR],
        );
        const observation = rows[0]?.observation;
        return observation?.postgres != null && observation.authority != null ? observation : null;
      });
      const term = before.term + 1;
      let sequence = last.sequence + 1_000;
      const send = () => {
        sequence += 1;
        return agent.send(agent.batch([claimed((before.timeline ?? 1) + above, last, sequence, term)]));
      };
      const tell = async (): Promise<void> => {
        const answer = await send();
        expect(answer.status, JSON.stringify(answer.body)).toBe(200);
      };
      await waitFor('the gateway to take the lie', 30 * SECOND_MS, async () => (await send()).status === 200);
      if (above > 0) await writeEntry(agent, term);
      const until = performance.now() + 20 * SECOND_MS;
      await waitFor('the finding', 30 * SECOND_MS, async () => {
        await tell();
        return hasFinding(await watch.view(CLUSTER), 'promoted-outside', LIAR);
      });
      while (performance.now() < until) {
        await tell();
        await new Promise((resolve) => setTimeout(resolve, SECOND_MS));
      }
      const finding = (await watch.view(CLUSTER)).findings.find(({ code }) => code === 'promoted-outside')!;
      expect(finding).toMatchObject({ severity: 'critical', nodeName: LIAR });
      expect(finding.summary).toContain(PRIMARY);
      expect(await operated.leadership(CLUSTER)).toEqual(before);
      expect(await fences()).toBe(fencesBefore);
      expect((await operated.node(PRIMARY!)).role).toBe('primary');
    } finally {
      agent.close();
      await watch.lab.startAgentAgain(LIAR!);
    }
    await operated.allStreaming(CLUSTER);
    await watch.waitFor(CLUSTER, 'no finding any more', 30 * SECOND_MS, (view) => !hasFinding(view, 'promoted-outside', LIAR!));
  },
  lastResort(2 * MINUTE_MS),
);

/** As its own command line would leave it; the journal of the real agent is another chain, which is a finding of its own. */
async function writeEntry(agent: SimulatedAgent, term: number): Promise<void> {
  const { rows } = await watch.pool.query<{ sequence: string; hash: string }>(
    `SELECT sequence, hash FROM agent_journal JOIN node ON node.id = node_id WHERE name = $1 ORDER BY sequence DESC LIMIT 1`,
    [LIAR],
  );
  const record = { at: new Date().toISOString(), kind: 'break-glass', by: 'local:anna', command: null, operation: null, step: null };
  const text = JSON.stringify({ ...record, attempt: null, verb: 'promote', term, nonce: null, note: 'a lie over the wire', detail: null });
  const prevHash = rows[0]?.hash ?? JOURNAL_GENESIS;
  const hash = createHash('sha256').update(`${prevHash}${text}`).digest('hex');
  const answer = await agent.journal([{ sequence: Number(rows[0]?.sequence ?? 0) + 1, text, prevHash, hash }]);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
}

test(
  'a true promotion by the agent’s own command line, with the primary dead, is adopted without a person',
  async () => {
    const before = await operated.leadership(CLUSTER);
    await watch.lab.kill(PRIMARY!, 'postgres');
    const directory = nodePaths(watch.lab.dir, PROMOTED).agent;
    const config = join(directory, 'agent.toml');
    const reason = 'the primary is gone, and nobody can wait';
    const bundle = join(ROOT, 'dist', 'farshore-agent.cjs');
    const said = execFileSync(
      process.execPath,
      [bundle, 'promote', '--break-glass', '--reason', reason, '--confirm', CLUSTER, '--force', '--config', config],
      { cwd: dirname(config), encoding: 'utf8' },
    );
    expect(said).toContain(`${PROMOTED} is the primary`);
    await waitFor('the adoption', MINUTE_MS, async () => (await operated.leadership(CLUSTER)).holder === PROMOTED);
    expect((await operated.leadership(CLUSTER)).term).toBe(before.term + 1);
    const adopted = async (): Promise<string | null> => {
      const { rows } = await watch.pool.query<{ body: string }>(`SELECT body FROM audit_event WHERE action = 'leadership.adopt'`);
      return rows[0]?.body ?? null;
    };
    // Written just after the record.
    expect(await waitFor('its audit', 10 * SECOND_MS, adopted)).toMatch(/own-entry.*refusals/);
  },
  lastResort(3 * MINUTE_MS),
);
