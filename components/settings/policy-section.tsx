'use client';
import type { ListedCluster } from '../../lib/domain/enrolment/registry.ts';
import type { PolicyChanges, SettingName } from '../../lib/domain/policy/cluster-policy.ts';
import { CLUSTER_SETTINGS } from '../../lib/domain/policy/cluster-policy.ts';
import { settingInWords } from '../../lib/domain/policy/setting-text.ts';
import type { Action } from '../forms/action-answer.ts';
import { LongField } from '../ui/choice.tsx';
import { FormDialog, textOf } from './form-dialog.tsx';
import { GROUPS, PolicyFields, readPolicyFields, settingsOf } from './policy-fields.tsx';
import { Fact, Facts, Section } from './section.tsx';

export interface PolicyChange {
  cluster: string;
  version: number;
  changes: PolicyChanges;
  reason: string;
}
export type ChangePolicy = Action<PolicyChange, unknown>;

const ALL = GROUPS.map(({ group }) => group);

/** All settings of a cluster, and the one form that changes them. */
export function PolicySection({ cluster, change, why }: { cluster: ListedCluster; change: ChangePolicy; why: string | null }) {
  const { policy, policyVersion } = cluster;
  return (
    <Section
      title="Policy"
      about="Objectives of this cluster, where its data may reside, and who must approve an operation. Lag, findings and drills are measured against it."
      action={
        <FormDialog
          button="Change policy"
          title={`Policy of ${cluster.name}`}
          submit="Save policy"
          why={why}
          action={change}
          read={(form) => {
            const changes = readPolicyFields(form, policy, ALL);
            if (typeof changes === 'string') return changes;
            return { cluster: cluster.slug, version: Number(textOf(form, 'version')), changes, reason: textOf(form, 'reason') };
          }}
        >
          {/* Of the settings that the fields were filled with: a list renewed since then does not make the change a newer one. */}
          <input type="hidden" name="version" defaultValue={policyVersion} />
          <PolicyFields policy={policy} groups={ALL} />
          <LongField label="Reason" name="reason" required minLength={10} maxLength={500} />
          <p className="text-[13px] text-muted">
            Who requests never approves; the database enforces it. What was requested before keeps the number of approvals that it was
            requested under. An open plan becomes void and is computed again.
          </p>
        </FormDialog>
      }
    >
      {GROUPS.map(({ group, title }) => (
        <div key={group} role="group" aria-label={title} className="border-b border-line last:border-b-0">
          <Facts>
            {settingsOf(group).map((name) => (
              <SettingFact key={name} name={name} cluster={cluster} />
            ))}
          </Facts>
        </div>
      ))}
    </Section>
  );
}

function SettingFact({ name, cluster }: { name: SettingName; cluster: ListedCluster }) {
  const { label, hint } = CLUSTER_SETTINGS[name];
  return (
    <Fact label={label} help={{ title: label, meaning: hint, measured: 'Not measured: an administrator sets it.' }}>
      {settingInWords(name, cluster.policy[name])}
    </Fact>
  );
}
