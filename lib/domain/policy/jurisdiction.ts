/** Tells whether a residency rule allows a place. */

export const JURISDICTION = /^(EU|[A-Z]{2})$/;
export const JURISDICTION_SENTENCE = 'a jurisdiction is an ISO 3166 code of two capitals, such as US or DE, or EU';

/** Member states of the European Union: a rule may say `EU`, a site its country. */
const EU_MEMBERS = 'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK'.split(' ');

/** An empty rule allows all; an `EU` site fits only `EU`. */
export function isAllowedJurisdiction(jurisdiction: string, allowed: readonly string[]): boolean {
  const rules = allowed.map((rule) => rule.toUpperCase());
  const own = jurisdiction.toUpperCase();
  return rules.length === 0 || rules.includes(own) || (rules.includes('EU') && EU_MEMBERS.includes(own));
}
