/** Rules that people set: where data may be, how it is spread, and who may speak for a node. */
import type { Evidence, FindingCandidate } from './model.ts';
import type { Rule } from './rule.ts';
import { factsRule, nodeRule } from './rule.ts';

/** Member states of the European Union: a rule may say `EU`, a site its country. */
const EU_MEMBERS = 'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK'.split(' ');

const text = (value: string | null): Evidence => ({ kind: 'text', value });

/** Whether a rule such as `['EU', 'CH']` allows a site's jurisdiction. An empty rule allows all; an `EU` site fits only `EU`. */
export function isAllowedJurisdiction(jurisdiction: string, allowed: readonly string[]): boolean {
  const rules = allowed.map((rule) => rule.toUpperCase());
  const own = jurisdiction.toUpperCase();
  return rules.length === 0 || rules.includes(own) || (rules.includes('EU') && EU_MEMBERS.includes(own));
}

const residencyBroken: Rule = {
  code: 'residency-broken',
  evaluate: ({ input }) =>
    input.nodes
      .filter(({ site }) => !isAllowedJurisdiction(site.jurisdiction, input.jurisdictions))
      .map(({ name, site }): FindingCandidate => {
        return {
          code: 'residency-broken',
          severity: 'critical',
          nodeName: name,
          subject: null,
          summary: `${name} is in ${site.jurisdiction} (${site.provider} ${site.region}); ${input.name} may only be in ${input.jurisdictions.join(', ')}.`,
          evidence: { jurisdiction: text(site.jurisdiction), allowed: text(input.jurisdictions.join(', ')) },
        };
      }),
};

const providerConcentration: Rule = {
  code: 'provider-concentration',
  evaluate: ({ input }) => {
    const providers = new Set(input.nodes.map(({ site }) => site.provider.toLowerCase()));
    const provider = input.nodes[0]?.site.provider;
    if (input.nodes.length < 2 || providers.size > 1 || provider === undefined) return [];
    return [
      {
        code: 'provider-concentration',
        severity: 'info',
        nodeName: null,
        subject: provider,
        summary: `All ${input.nodes.length} nodes of ${input.name} are at ${provider}.`,
        evidence: { provider: text(provider), nodes: { kind: 'count', value: input.nodes.length } },
      },
    ];
  },
};

const identityDuplicated: Rule = {
  code: 'identity-duplicated',
  evaluate: ({ input }) =>
    input.nodes
      .filter(({ identityLockReason }) => identityLockReason !== null)
      .map(({ name, identityLockReason }): FindingCandidate => {
        return {
          code: 'identity-duplicated',
          severity: 'critical',
          nodeName: name,
          subject: null,
          summary: `The identity of ${name} is locked: ${identityLockReason}`,
          evidence: { reason: text(identityLockReason) },
        };
      }),
};

/** A break is a thing of the past that can't be mended: shown for so long, for a person to explain it. */
const JOURNAL_BREAK_SHOWN_MS = 30 * 24 * 3_600_000;

const journalBroken: Rule = {
  code: 'journal-broken',
  evaluate: ({ input, nowMs }) =>
    input.nodes.flatMap(({ name, journalBreak }): FindingCandidate[] => {
      if (journalBreak === null || nowMs - journalBreak.atMs > JOURNAL_BREAK_SHOWN_MS) return [];
      const { kind, reason, atMs } = journalBreak;
      return [
        {
          code: 'journal-broken',
          // A new installation is the usual way to a new journal; a hole or another text has no usual way.
          severity: kind === 'anew' ? 'warning' : 'critical',
          nodeName: name,
          subject: null,
          summary: `The journal of the agent of ${name} does not continue: ${reason}`,
          evidence: { brokenAt: { kind: 'instant', value: new Date(atMs).toISOString() }, reason: text(reason) },
        },
      ];
    }),
};

const agentProblem = factsRule('agent-problem', (facts, { name }) => {
  const [first, ...others] = facts.agentProblems;
  if (first === undefined) return [];
  return [
    {
      severity: 'warning',
      subject: null,
      summary: `The agent on ${name} reports: ${first}${others.length > 0 ? ` (and ${others.length} more)` : ''}`,
      evidence: { problems: text(facts.agentProblems.join(' ')) },
    },
  ];
});

const agentUnable = nodeRule('agent-unable', ({ name, observation }) => {
  const [first, ...others] = observation?.authority?.obstacles ?? [];
  if (first === undefined) return [];
  const more = others.length > 0 ? ` (and ${others.length} more)` : '';
  return [
    {
      severity: 'warning',
      subject: null,
      summary: `The agent of ${name} can not act: ${first}${more}`,
      evidence: { obstacles: text([first, ...others].join(' ')) },
    },
  ];
});

/** Verbs that overwrite the directory: while one of them runs it is half a copy by intention. */
const OVERWRITES: readonly string[] = ['rewind', 'restore', 'clone'];

const directoryUnusable = nodeRule('directory-unusable', ({ name, observation }) => {
  const unusable = observation?.authority?.unusable ?? null;
  if (unusable === null) return [];
  const isUnderWay = observation?.authority?.performing.some(({ verb }) => OVERWRITES.includes(verb)) === true;
  return [
    {
      severity: isUnderWay ? 'info' : 'critical',
      subject: null,
      summary: isUnderWay
        ? `The data directory of ${name} is being overwritten, and must not be started before that is done.`
        : `The data directory of ${name} must not be started: ${unusable.reason}`,
      evidence: { since: { kind: 'instant', value: unusable.since }, reason: text(unusable.reason) },
    },
  ];
});

export const POLICY_RULES: readonly Rule[] = [
  residencyBroken,
  providerConcentration,
  identityDuplicated,
  agentProblem,
  agentUnable,
  directoryUnusable,
  journalBroken,
];
