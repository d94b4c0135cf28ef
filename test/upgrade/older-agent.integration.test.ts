/** Judges what today's controller sends by the contract of b47ad95: an agent of that release has to understand it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { CommandEnvelope } from '../../lib/agent-contract/commands.ts';
import { startControllerFixture } from '../controller-fixture.ts';
import type { ControllerFixture } from '../controller-fixture.ts';
import { NODES, ended, request, settled, startScriptedFleet, CLUSTER } from '../execution-fixture.ts';
import type { ScriptedFleet } from '../scripted-fleet.ts';

/** JSON Schema of that release's answers, and of the arguments of each of its verbs. */
const contract = JSON.parse(gunzipSync(readFileSync(path.join(import.meta.dirname, 'b47ad95-contract.json.gz'))).toString('utf8')) as {
  answers: Record<string, Parameters<typeof z.fromJSONSchema>[0]>;
  args: Record<string, Parameters<typeof z.fromJSONSchema>[0]>;
};

let fixture: ControllerFixture;
let fleet: ScriptedFleet;
const sent: CommandEnvelope[] = [];
beforeAll(async () => {
  fixture = await startControllerFixture();
  fleet = await startScriptedFleet(fixture.pool, fixture.controller, { knowsOrder: false });
  fleet.answer = (envelope) => {
    sent.push(envelope);
    return null;
  };
});
afterAll(async () => {
  await fleet?.stop();
  await fixture?.stop();
});

test('every command of a switchover, a restart and a reload is one that it understands, and so are the answers to its requests', async () => {
  const [first, second] = NODES;
  const { id } = await request(fixture.pool, { kind: 'switchover', target: second });
  expect(await ended(fixture.pool, id)).toMatchObject({ state: 'done' });
  await settled(fixture.pool, CLUSTER, second, [first]);
  for (const kind of ['restart', 'reload'] as const) {
    const run = await request(fixture.pool, { kind, target: first });
    expect(await ended(fixture.pool, run.id)).toMatchObject({ state: 'done' });
  }

  const envelopeSchema = z.fromJSONSchema(contract.answers['CommandEnvelope']!);
  expect(new Set(sent.map(({ verb }) => verb)).size).toBeGreaterThan(8);
  for (const envelope of sent) {
    expect(envelopeSchema.safeParse(envelope), envelope.verb).toMatchObject({ success: true });
    const args = contract.args[envelope.verb];
    expect(args, `${envelope.verb} is a verb of that release`).toBeDefined();
    expect(z.fromJSONSchema(args!).safeParse(envelope.args), envelope.verb).toMatchObject({ success: true });
  }

  const agent = fleet.agent(first);
  const accepted = await agent.send(agent.batch([]));
  expect(z.fromJSONSchema(contract.answers['BatchAccepted']!).safeParse(accepted.body)).toMatchObject({ success: true });
  const polled = await agent.poll(0);
  expect(z.fromJSONSchema(contract.answers['CommandsAnswer']!).safeParse(polled.body)).toMatchObject({ success: true });
});
