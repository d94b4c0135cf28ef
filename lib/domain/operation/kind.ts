/** Defines the parts of a kind of operation. Every member is required: an omission must not compile. */
import type { Check, MeasuredOf, OperationKind, Outlook, Plan, PlanOf, RecordedEvent, RequestOf, Run } from './model.ts';
import type { Fields } from './fields.ts';
import type { Needs } from './lanes.ts';
import type { PlanningInput } from './plan/inputs.ts';
import type { Planned } from './plan/planned.ts';
import type { Picture } from './plan/planning-topology.ts';
import type { Risk } from './risks.ts';
import type { Target } from './target.ts';

export interface KindWords {
  /** In a list: “Switchover”. */
  name: string;
  /** The heading of its page: two kinds never share one. */
  title: string;
  /** Of the button that starts it. */
  verb: string;
  /** On a link that leads to the plan; the second where the node is already chosen. */
  link: string;
  linkToNode: string;
  /** Purpose and cost, in a sentence or two. */
  help: string;
}

/**
 * `leadership`: one begun for each cluster. `node`: one for each node that it has for itself. `drill`: beside everything else. See
 * docs/decisions/0023.
 */
export type Lane = 'leadership' | 'node' | 'drill';

/** A figure of the result, in words. */
export interface Figure {
  /** Stable, such as `write-outage`: help texts are found by it. */
  id: string;
  label: string;
  /** `null` = unknown. */
  value: string | null;
  /** It is known to be nothing, which is not the same as unknown. */
  isKnownZero: boolean;
  more: string | null;
  /** How it came about. */
  basis: string;
}

export interface MeasuredBy<M> {
  of(plan: Plan, events: readonly RecordedEvent[]): M;
  /** Reads a value of an earlier release in the present shape; a missing part is `null`. */
  read(stored: object): M;
  figures(measured: M): Figure[];
  /** The columns of a list; `null` = not measured, or unknown. */
  inList(measured: M): ListedFigures;
}
export interface ListedFigures {
  writeOutageMs: number | null;
  lostRows: number | null;
  lostBytes: number | null;
}

/** Something that a person will want to do when it is done: another operation, or a page. */
export interface NextStep {
  label: string;
  why: string;
  leadsTo: { request: { kind: OperationKind; target: string } } | { page: 'findings' };
}

export interface Kind<K extends OperationKind = OperationKind> {
  kind: K;
  /** Its place among the others on screens and in texts; the smallest is first. */
  place: number;
  words: KindWords;
  /** Beside the kind, in the order of the form. The schema, the form, the address and the API text follow from it. */
  fields: Fields<RequestOf<K>>;
  /** Why it can't be about this node, from what is seen of it; empty = it can. */
  targetRule(target: Target): string[];
  plan(request: RequestOf<K>, picture: Picture): Planned;
  /** All checks before the start, in the order in which they are shown. */
  checks(plan: PlanOf<K>, picture: Picture): Check[];
  /** Possible loss, as measured now. */
  loss(plan: PlanOf<K>, input: PlanningInput): Outlook['loss'];
  /** The effect on clients. */
  clients(plan: PlanOf<K>): string;
  /** How it is undone. `until`: the sentence up to when it can be cancelled. */
  undo(plan: PlanOf<K>, until: string): string;
  /** Acknowledged by name; empty for harmless operations. */
  risks(plan: PlanOf<K>, input: PlanningInput): Risk[];
  /** The kind whose earlier runs tell how long writes will wait. */
  outageLike(request: RequestOf<K>): OperationKind;
  measured: MeasuredBy<MeasuredOf<K>>;
  /** When it is done. */
  next(plan: PlanOf<K>, run: Run): NextStep[];
  /** With whom it may run at the same time. */
  lane(request: RequestOf<K>): Lane;
  needs(plan: PlanOf<K>): Needs;
  /** It ends operations that are in its way (lanes.ts). Only for what can't wait. */
  takesOver: boolean;
  /** Its button has the colour of danger: data or WAL is gone afterwards. */
  isDangerous: boolean;
  /** The button and its panel, with what it costs where that belongs into the name of the thing. */
  confirm(loss: Outlook['loss']): string;
}

export const defineKind = <K extends OperationKind>(kind: Kind<K>): Kind<K> => kind;
