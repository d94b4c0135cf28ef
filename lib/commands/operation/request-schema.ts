/** Parses a request as a caller writes it, by the fields of each kind: the plan page and `POST /api/v1/clusters/:slug/plans`. */
import { z } from 'zod';
import { SlotName } from '../../agent-contract/primitives.ts';
import type { Field } from '../../domain/operation/fields.ts';
import { KIND_LIST, OPERATION_KINDS } from '../../domain/operation/kinds/registry.ts';
import type { Kind } from '../../domain/operation/kind.ts';
import type { OperationRequest } from '../../domain/operation/model.ts';
import { nodeName } from '../names.ts';

const BYTES_PER_SECOND_MIN = 32 * 1024;

const oneOf = (words: readonly string[]): string => `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

function schemaOf(name: string, field: Field): z.ZodType {
  switch (field.field) {
    case 'target':
      return field.open === null ? nodeName : nodeName.nullable().default(null);
    case 'upstream':
      return nodeName;
    case 'slot':
      return SlotName;
    case 'choice': {
      const words = field.choices.map(({ value }) => value);
      return z.enum(words, { error: `${name} is ${oneOf(words)}` }).default(field.choices[0].value);
    }
    case 'flag':
      return z.boolean().default(false);
    case 'bytes-per-second':
      return z.number().int().min(BYTES_PER_SECOND_MIN, 'pg_basebackup takes at least 32 kB a second').nullable().default(null);
  }
}

const requestOf = ({ kind, fields }: Kind) =>
  z.strictObject({
    kind: z.literal(kind),
    ...Object.fromEntries(Object.entries(fields).map(([name, field]: [string, Field]) => [name, schemaOf(name, field)])),
  });

const [first, ...others] = KIND_LIST.map(requestOf);
/** The fields of a kind are those of its request (`Fields`), so that what this takes is one. */
export const operationRequest = z.discriminatedUnion('kind', [first!, ...others], {
  error: `kind is ${oneOf(OPERATION_KINDS)}`,
}) as unknown as z.ZodType<OperationRequest>;
