/** Finds the objects of commands, clusters and what belongs to one, by the names in the input. */
import { findOpenFinding } from '../db/records/acknowledgements.ts';
import { findCluster, findNode } from '../db/fleet/registry.ts';
import type { RegisteredNode } from '../db/fleet/registry.ts';
import { findMaintenance } from '../db/operations/maintenances.ts';
import type { MaintenancePlace } from '../db/operations/maintenances.ts';
import { findOperation } from '../db/operations/operation-records.ts';
import type { OperationRecord } from '../db/operations/operation-records.ts';
import { queryableOf } from '../db/ground/prisma.ts';
import type { ActionSubject } from '../domain/operation/answers/actions.ts';
import { actionSubject, foldRun } from '../queries/operations/subject.ts';
import { Refusal } from './define.ts';
import type { CommandObject } from './define.ts';

/** The cluster that `cluster` names. */
export function clusterOf<Input extends { cluster: string }>(
  missing: (input: Input) => Refusal = ({ cluster }) => noSuchCluster(cluster),
): CommandObject<Input, { id: number; name: string }> {
  return {
    find: async (tx, { cluster }) => {
      const found = await findCluster(tx, cluster);
      return found === null ? null : { cluster, found };
    },
    missing,
  };
}

export const noSuchCluster = (slug: string, subject = `cluster:${slug}`): Refusal =>
  new Refusal(`There is no cluster “${slug}”.`, subject, { code: 'no-such-cluster' });

/** The node that `cluster` and `node` name; `missing` says so in a sentence. */
export function nodeOf<Input extends { cluster: string; node: string }>(
  missing: (input: Input) => string = ({ cluster, node }) => `There is no node “${node}” in a cluster “${cluster}”.`,
): CommandObject<Input, RegisteredNode> {
  return {
    find: async (tx, { cluster, node }) => {
      const found = await findNode(tx, cluster, node);
      return found === null ? null : { cluster, found };
    },
    missing: (input) => new Refusal(missing(input), `node:${input.cluster}/${input.node}`),
  };
}

export interface DecidedOperation {
  record: OperationRecord;
  /** Decides who may do what with it. */
  subject: ActionSubject;
  /** As the audit log names it. */
  label: string;
}

/** The operation whose id `operation` is. */
export const operationOf: CommandObject<{ operation: string }, DecidedOperation> = {
  find: async (tx, { operation }) => {
    const record = await findOperation(queryableOf(tx), operation);
    if (record === null) return null;
    const found = { record, subject: actionSubject(record, foldRun(record)), label: `cluster:${record.slug}` };
    return { cluster: record.slug, found };
  },
  missing: ({ operation }) => new Refusal('There is no operation of this id.', `operation:${operation}`, { code: 'no-such-operation' }),
};

type OpenFinding = NonNullable<Awaited<ReturnType<typeof findOpenFinding>>>;

/** The open finding whose id `findingId` is. */
export const findingOf = (missing: string): CommandObject<{ findingId: string }, OpenFinding> => ({
  find: async (tx, { findingId }) => {
    const found = await findOpenFinding(tx, findingId);
    return found === null ? null : { cluster: found.clusterSlug, found };
  },
  missing: ({ findingId }) => new Refusal(missing, `finding:${findingId}`),
});

/** The announced work whose number `id` is, ended or not. */
export const maintenanceOf = (missing: string): CommandObject<{ id: number }, MaintenancePlace> => ({
  find: async (tx, { id }) => {
    const found = await findMaintenance(queryableOf(tx), id);
    return found === null ? null : { cluster: found.slug, found };
  },
  missing: ({ id }) => new Refusal(missing, `maintenance:${id}`),
});
