/** What can be asked for, as a caller writes it: the plan page and `POST /api/v1/clusters/:slug/plans`. */
import { z } from 'zod';
import type { OperationRequest } from '../../domain/operation/model.ts';
import { nodeName } from '../names.ts';

const BYTES_PER_SECOND_MIN = 32 * 1024;
const SLOT_NAME = /^[a-z0-9_]{1,63}$/;

const target = nodeName;

export const operationRequest = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('switchover'), target }),
    z.strictObject({
      kind: z.literal('failover'),
      target: target.nullable().default(null),
      fence: z.enum(['agent', 'command', 'override'], { error: 'fence is agent, command or override' }).default('agent'),
    }),
    z.strictObject({
      kind: z.literal('reversion'),
      target,
      method: z.enum(['rewind', 're-clone', 'keep'], { error: 'method is rewind, re-clone or keep' }).default('rewind'),
      switchBack: z.boolean().default(false),
    }),
    z.strictObject({
      kind: z.literal('add-standby'),
      target,
      upstream: nodeName,
      bytesPerSecondMax: z.number().int().min(BYTES_PER_SECOND_MIN, 'pg_basebackup takes at least 32 kB a second').nullable().default(null),
    }),
    z.strictObject({ kind: z.literal('re-parent'), target, upstream: nodeName }),
    z.strictObject({
      kind: z.literal('drop-slot'),
      target,
      slot: z.string().regex(SLOT_NAME, 'the name of a slot is made of lower-case letters, digits and underscores'),
    }),
    z.strictObject({ kind: z.literal('restart'), target }),
    z.strictObject({ kind: z.literal('reload'), target }),
  ],
  { error: 'kind is switchover, failover, reversion, add-standby, re-parent, drop-slot, restart or reload' },
) satisfies z.ZodType<OperationRequest>;
