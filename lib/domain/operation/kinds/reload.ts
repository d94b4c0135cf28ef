/** Lets a server read its configuration again; nothing is interrupted. */
import { usualChecks } from '../checks/usual-checks.ts';
import { TARGET } from '../fields.ts';
import { defineKind } from '../kind.ts';
import { needs } from '../lanes.ts';
import { NOTHING_LOST, clientsWait } from '../outlook/expectations.ts';
import { measuredChange } from '../outlook/measured-change.ts';
import type { MeasuredChange } from '../outlook/measured-change.ts';
import { DEADLINES_MS } from '../plan/deadlines.ts';
import type { Planned } from '../plan/planned.ts';
import { impossible } from '../plan/planned.ts';
import type { Picture } from '../plan/planning-topology.ts';
import type { Draft } from '../plan/steps.ts';
import { ask, inStages } from '../plan/steps.ts';
import { roleWord, targetOf } from '../target.ts';
import type { Target } from '../target.ts';

interface Request {
  target: string;
}
declare module '../model.ts' {
  interface OperationKinds {
    reload: { request: Request; measured: MeasuredChange };
  }
}

export const reload = defineKind<'reload'>({
  kind: 'reload',
  place: 80,
  words: {
    name: 'Reload',
    title: 'Reload the configuration',
    verb: 'Reload',
    link: 'Reload…',
    linkToNode: 'Reload…',
    help: 'The server reads its configuration again. Nothing is interrupted; settings that need a restart are named.',
  },
  fields: { target: { ...TARGET, label: 'Node' } },
  targetRule: whyNotReload,
  plan,
  // Only an agent that can't act blocks it, which every kind checks.
  checks: (made, picture) => usualChecks(made, picture, 'open', []),
  loss: () => ({ ...NOTHING_LOST, sentence: 'No data is touched on the primary.' }),
  clients: clientsWait,
  undo: () => 'Change the configuration back and reload again.',
  risks: () => [],
  outageLike: () => 'reload',
  measured: measuredChange({ isOrderly: true, until: 'new primary', ledgerNote: '' }),
  next: () => [],
  lane: () => 'node',
  needs: (made) => needs(made),
  takesOver: false,
  isDangerous: false,
  confirm: () => 'Reload',
});

function whyNotReload({ name, role }: Target): string[] {
  return role === 'unknown' || role === 'down' ? [`${name} is ${roleWord(role)}: there is nothing to reload.`] : [];
}

function plan({ target }: Request, picture: Picture): Planned {
  const reasons = whyNotReload(targetOf(picture.input.view, target));
  if (reasons.length > 0) return impossible(...reasons);
  const step: Draft = {
    id: `reload-${target}`,
    title: `Reload the configuration of ${target}`,
    does: `PostgreSQL on ${target} reads its configuration again. Settings that need a restart stay as they are and are named.`,
    verifiedBy: 'Settings that are pending a restart are read back.',
    worst: 'An error in the file keeps the old values; the server’s log names it.',
    waitsFor: `waiting for ${target} to read its configuration`,
    action: ask(target, 'reload', {}, 'current'),
    deadlineMs: DEADLINES_MS.reload,
    attemptsMax: 2,
    undo: null,
    undoText: 'The changed file is not rolled back; change it and reload again.',
    onFailure: 'roll-back',
  };
  return {
    summary: `The configuration of ${target} is read again.`,
    after: picture.before,
    steps: inStages([['finish', [step]]]),
    pointOfNoReturn: null,
  };
}
