/** Lists the files that name a kind, verb, finding or setting and are not counted for it, each with its reason. A new name needs none of them. */

export interface MayName {
  files: readonly string[];
  names: readonly string[] | 'any';
  why: string;
}

const SETTINGS_CHECK = ['check', 'rule', 'rules-replication', 'rules-safety'].map((name) => `lib/domain/settings-check/${name}.ts`);
const NAMESAKES = ['restart', 'reload', 'drop-slot'] as const;

export const KINDS: readonly MayName[] = [
  {
    files: [
      ...NAMESAKES.flatMap((name) => [`agent/perform/${name}.ts`, `lib/agent-contract/verbs/${name}.ts`]),
      'lib/agent-contract/verbs.ts',
    ],
    names: NAMESAKES,
    why: 'The verb of the same name is meant: it is counted below.',
  },
  { files: ['lib/domain/operation/plan/steps.ts'], names: ['drop-slot'], why: 'The verb of the same name is meant: a step asks for it.' },
  {
    files: ['lib/domain/operation/outlook/measured-change.ts'],
    names: ['restart'],
    why: 'The verb of the same name is meant: its evidence is read.',
  },
  { files: SETTINGS_CHECK, names: ['restart', 'reload'], why: 'When a setting of PostgreSQL takes effect is meant, and no operation.' },
  {
    files: ['lib/domain/findings/next-operation.ts'],
    names: ['reversion'],
    why: 'It is what mends several findings: its address is part of them.',
  },
  {
    files: ['components/operations/run-picture.ts'],
    names: ['failover'],
    why: 'What was held offers a failover: it is the one way on when the primary is gone.',
  },
];

export const VERBS_ASKED: readonly MayName[] = [
  {
    files: ['lib/agent-contract/verbs.ts'],
    names: 'any',
    why: 'The closed list of what agents of b47ad95 knew: nothing is ever added to it.',
  },
  {
    files: ['steps', 'plan-switchover', 'plan-failover', 'plan-reversion'].map((name) => `lib/domain/operation/plan/${name}.ts`),
    names: 'any',
    why: 'Plans ask for verbs, as callers: the plan of the operation that needs a new verb is the third file, and no other.',
  },
  {
    files: ['add-standby', 'drop-slot', 'failover', 're-parent', 'reload', 'restart', 'reversion'].map(
      (name) => `lib/domain/operation/kinds/${name}.ts`,
    ),
    names: 'any',
    why: 'Plans ask for verbs, as callers; a kind may bear the name of the verb that it is made of.',
  },
  {
    files: [
      'lib/domain/operation/machine/resolve.ts',
      'lib/domain/operation/outlook/difference.ts',
      'lib/domain/operation/plan/candidate.ts',
    ],
    names: ['prepare-slots', 'report', 'set-synchronous', 'fence', 'restore', 'rewind', 'promise'],
    why: 'Reads the evidence of these verbs, or says what they would change: about these steps themselves.',
  },
  {
    files: ['lib/db/operations/operations.ts'],
    names: ['cancel'],
    why: 'A person’s wish to cancel the operation is meant, and no verb.',
  },
  {
    files: ['lib/domain/operation/outlook/expectations.ts', 'lib/domain/operation/outlook/measured-change.ts'],
    names: ['pooler-pause', 'pooler-switch', 'pooler-resume', 'promote', 'keep-diverged', 'restart', 'rewind'],
    why: 'The outage is measured between these steps: which ones stop and open writes is what it is about.',
  },
  {
    files: ['lib/domain/operation/checks/checks-of-nodes.ts'],
    names: ['clone', 'rewind', 'follow', 'promise', 'start-standby'],
    why: 'Checks of the source that these verbs copy or stream from.',
  },
  {
    files: ['controller/execution/take-over.ts'],
    names: ['cancel'],
    why: 'Asks the agents to stop the commands of the operation that is taken over.',
  },
  {
    files: ['controller/execution/run-keeper.ts', 'controller/execution/controller-step.ts', 'controller/execution/leadership-step.ts'],
    names: ['cancel', 'keep-diverged', 'promise', 'promote'],
    why: 'The controller takes its own step by the evidence of these: the loss ledger, the votes, the new timeline.',
  },
  {
    files: ['controller/execution/steward.ts'],
    names: ['fence', 'note-term'],
    why: 'Asks for these two outside of any operation, as a plan would.',
  },
  { files: ['lib/queries/operations/answer.ts'], names: ['cancel'], why: 'A cancel is no attempt at its step, and is not shown as one.' },
  {
    files: ['agent/local/break-glass.ts', 'agent/local/command-line.ts', 'agent/local/protocol.ts', 'agent/main.ts'],
    names: ['promote', 'fence', 'report'],
    why: 'The emergency commands on the host are these verbs, asked for by a person.',
  },
  { files: ['agent/perform/performer.ts'], names: ['cancel'], why: 'What only the agent itself can do is handed to that performer.' },
  {
    files: ['agent/perform/postgres/directory/own-files.ts'],
    names: ['promote'],
    why: 'The trigger file of PostgreSQL is meant, which bears this name.',
  },
  {
    files: ['agent/perform/speed/restore-command-hold-watch.ts'],
    names: ['hold-archive-restore'],
    why: 'The second half of that performer: it ends the hold when the command has ended.',
  },
  {
    files: ['agent/perform/promise.ts', 'lib/domain/enrolment/progress.ts'],
    names: ['report'],
    why: 'The report of a node is meant: an object under that name, and no verb.',
  },
  { files: ['agent/observe/deadline.ts'], names: ['promise'], why: 'A word of prose or of JavaScript is meant, and no verb.' },
  { files: ['agent/observe/facts.ts'], names: ['rewind'], why: 'The name of a part of the facts is meant: what stands in the way of one.' },
  {
    files: ['components/operations/method-notes.ts', 'components/operations/node-standing-panel.tsx', 'lib/domain/operation/model.ts'],
    names: ['rewind'],
    why: 'One of the ways to take a node back in is meant, which a person chooses.',
  },
  {
    files: ['lib/domain/operation/model.ts'],
    names: ['stop-primary'],
    why: 'The step that a reader of the model meets first: an example in a comment.',
  },
  {
    files: ['lib/domain/findings/kinds/agent/directory-unusable.ts'],
    names: ['rewind', 'restore', 'clone'],
    why: 'The finding is about directories that these verbs left half written.',
  },
  {
    files: ['components/slots/slot-actions.tsx'],
    names: ['drop-slot'],
    why: 'The operation of the same name is meant: it is counted above.',
  },
  { files: SETTINGS_CHECK, names: ['restart', 'reload'], why: 'When a setting of PostgreSQL takes effect is meant, and no verb.' },
];

export const FINDINGS: readonly MayName[] = [
  {
    files: [
      'components/status/words.ts',
      ...['model', 'node-changes', 'node-state', 'seen', 'summary'].map((name) => `lib/domain/topology/${name}.ts`),
    ],
    names: ['replay-stalled'],
    why: 'The state of a node of the same name is meant.',
  },
  {
    files: [
      'agent/authority/rules.ts',
      ...['keep-diverged', 'performer', 'postgres/process/server-process'].map((name) => `agent/perform/${name}.ts`),
      'lib/agent-contract/commands.ts',
    ],
    names: ['directory-unusable'],
    why: 'The refusal of an agent of the same name is meant.',
  },
  { files: ['agent/perform/acting.ts'], names: ['journal-broken'], why: 'The refusal of an agent of the same name is meant.' },
];

const OBJECTIVES = ['rtoObjectiveSeconds', 'rpoObjectiveSeconds'];
/** A new setting needs none of these files: form, table, facts, admin command, store and audit are drawn from its description. */
export const SETTINGS: readonly MayName[] = [
  {
    files: ['components/clusters/cluster-header.tsx', 'components/clusters/card-face.ts'],
    names: OBJECTIVES,
    why: 'Uses of the value: a figure that is measured stands beside the objective that it is measured against.',
  },
  {
    files: ['controller/administration/clusters.ts'],
    names: OBJECTIVES,
    why: 'Uses of the value: the options --rto and --rpo of scripts that exist. A new setting is NAME=VALUE, from its description.',
  },
  {
    files: ['lib/domain/topology/cluster-view.ts', 'lib/queries/stored-view.ts'],
    names: OBJECTIVES,
    why: 'Uses of the value: the JSON names of views that the release before stored and reads. They go with the overlap of decision 0029.',
  },
  {
    files: ['lib/domain/topology/summary.ts'],
    names: ['rpoObjectiveSeconds'],
    why: 'Uses of the value: a JSON name of the API that programs read. A new setting is in `policy` of the topology, without a name here.',
  },
  {
    files: ['lib/domain/operation/plan/candidate.ts'],
    names: ['jurisdictions'],
    why: 'A use of the value: the rule that asks who may become primary is what this very setting is for.',
  },
];
