import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { approvalsFor } from './approvals.ts';
import type { ClusterPolicy, SettingName } from './cluster-policy.ts';
import { CLUSTER_SETTINGS, DEFAULT_POLICY, SETTING_NAMES, policyChanges, policyDifference, readPolicy } from './cluster-policy.ts';
import { settingFromText, settingInWords } from './setting-text.ts';

/** Any policy that the schema allows. */
const objective = fc.option(fc.integer({ min: 0, max: 30 * 24 * 3600 }), { nil: null });
const source = fc.option(fc.constantFrom('the board, minutes of 3 March', 'SLA-17'), { nil: null });
const policies: fc.Arbitrary<ClusterPolicy> = fc.record({
  environment: fc.constantFrom('production', 'staging', 'test', 'lab'),
  tier: fc.option(fc.integer({ min: 1, max: 4 }), { nil: null }),
  rtoObjectiveSeconds: objective,
  rtoObjectiveSource: source,
  rpoObjectiveSeconds: objective,
  rpoObjectiveSource: source,
  jurisdictions: fc.uniqueArray(fc.constantFrom('EU', 'US', 'CA', 'CH')),
  approvalsRequired: fc.integer({ min: 0, max: 2 }),
  approvalsByKind: fc.dictionary(fc.constantFrom('switchover', 'failover', 're-parent'), fc.integer({ min: 0, max: 2 }), {
    noNullPrototype: true,
  }),
});

describe('a policy', () => {
  test('that was stored reads as it was, beside anything else', () => {
    fc.assert(
      fc.property(policies, (policy) => {
        expect(readPolicy(JSON.parse(JSON.stringify({ ...policy, ofANewerRelease: { a: 1 } })))).toEqual(policy);
      }),
    );
  });

  test('that lacks settings gets the defaults; one that can’t be read is an error, never a guess', () => {
    expect(readPolicy({ approvalsRequired: 2 })).toEqual({ ...DEFAULT_POLICY, approvalsRequired: 2 });
    expect(() => readPolicy({ approvalsRequired: 'many' })).toThrow();
    expect(() => readPolicy({ jurisdictions: ['anywhere'] })).toThrow();
    expect(() => readPolicy(null)).toThrow();
  });

  test('differs in what was changed, and in nothing else', () => {
    fc.assert(
      fc.property(policies, policies, (before, after) => {
        const difference = policyDifference(before, after);
        expect({ ...before, ...difference.after }).toEqual(after);
        expect({ ...after, ...difference.before }).toEqual(before);
        for (const name of Object.keys(difference.after) as SettingName[]) expect(before[name]).not.toEqual(after[name]);
      }),
    );
  });
});

test('a change may leave settings out, and leaves them alone', () => {
  expect(policyChanges.parse({ tier: 2 })).toEqual({ tier: 2 });
  expect(policyChanges.parse({})).toEqual({});
  expect(policyChanges.safeParse({ tier: 2, teir: 1 }).success).toBe(false);
});

test('every setting says in words what it is, and is read from the text of a terminal', () => {
  for (const name of SETTING_NAMES) {
    const { label, hint } = CLUSTER_SETTINGS[name];
    expect(label).not.toBe('');
    expect(hint).toMatch(/[.]$/);
    expect(settingInWords(name, DEFAULT_POLICY[name])).not.toMatch(/null|undefined|\[object/);
  }
  const read = (name: SettingName, text: string) => policyChanges.safeParse({ [name]: settingFromText(name, text) });
  expect(read('environment', 'staging').data).toEqual({ environment: 'staging' });
  expect(read('environment', 'prod').success).toBe(false);
  expect(read('environment', 'none').success).toBe(false);
  expect(read('tier', '2').data).toEqual({ tier: 2 });
  expect(read('tier', 'none').data).toEqual({ tier: null });
  expect(read('rpoObjectiveSeconds', '0').data).toEqual({ rpoObjectiveSeconds: 0 });
  expect(read('rpoObjectiveSeconds', 'soon').success).toBe(false);
  expect(read('rtoObjectiveSource', 'SLA 3').data).toEqual({ rtoObjectiveSource: 'SLA 3' });
  expect(read('jurisdictions', 'us, eu').data).toEqual({ jurisdictions: ['US', 'EU'] });
  expect(read('approvalsRequired', '1').data).toEqual({ approvalsRequired: 1 });
  expect(read('approvalsByKind', 'failover=2, restart=0').data).toEqual({ approvalsByKind: { failover: 2, restart: 0 } });
  expect(read('approvalsByKind', 'failover').success).toBe(false);
});

test('approvals are those of the kind, else those of all', () => {
  const policy = { approvalsRequired: 1, approvalsByKind: { restart: 0, failover: 2 } };
  expect(['restart', 'failover', 'switchover', 'constructor'].map((kind) => approvalsFor(policy, kind))).toEqual([0, 2, 1, 1]);
});
