/** Performs any verb in a model, by the one model that stands in `test/verbs/<verb>.ts`. */
import type { CommandResult } from '../../lib/agent-contract/commands.ts';
import { VERBS } from '../../lib/agent-contract/verbs.ts';
import type { Verb } from '../../lib/agent-contract/verbs.ts';
import type { ModelWorld, Outcome } from './model.ts';

type AnyModel = (args: unknown, world: ModelWorld) => Outcome<Verb>;

const MODELS = new Map(
  await Promise.all(
    VERBS.map(async (verb): Promise<[Verb, AnyModel]> => [verb, ((await import(`./${verb}.ts`)) as { model: AnyModel }).model]),
  ),
);

/** The verb's effect on the world. Every one may be repeated. */
export function performInModel(verb: Verb, args: unknown, world: ModelWorld): Outcome<Verb> {
  const model = MODELS.get(verb);
  if (model === undefined) throw new Error(`There is no model of ${verb}: write test/verbs/${verb}.ts.`);
  return model(args, world);
}

/** The same as a result, or `null` while it waits. */
export function resultOf(outcome: Outcome<Verb>, tookMs = 1): CommandResult | null {
  if ('wait' in outcome) return null;
  return 'told' in outcome ? outcome.told : { status: 'done', evidence: outcome.evidence, tookMs };
}
