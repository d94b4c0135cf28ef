'use client';
import type { ListedApiToken } from '../../lib/domain/policy/access.ts';
import { personOf } from '../../lib/domain/policy/person.ts';
import type { ApiTokenPermission } from '../../lib/domain/policy/permissions.ts';
import type { Action } from '../forms/action-answer.ts';
import { ConfirmedAction } from '../forms/confirm.tsx';
import { Instant } from '../status/instant.tsx';
import { StateWord } from '../status/mark.tsx';
import { Choice } from '../ui/choice.tsx';
import { Field } from '../ui/field.tsx';
import { ACTIONS_COLUMN, TableHead } from '../help/table-head.tsx';
import { ACCESS_HELP } from '../help/texts-settings.ts';
import { Cell, Table } from '../ui/table.tsx';
import { FormDialog, textOf } from './form-dialog.tsx';
import { SecretOnce } from './secret-once.tsx';
import { ScopeField, clustersOf } from './scope-field.tsx';
import { Section } from './section.tsx';

const WIDE = 'max-md:hidden';
const COLUMNS = [
  { label: 'Name' },
  { label: 'State', help: ACCESS_HELP.tokenState },
  { label: 'May', help: ACCESS_HELP.may, className: WIDE },
  { label: 'Created', className: WIDE },
  { label: 'Expires', className: WIDE },
  ACTIONS_COLUMN,
];
const READS: Record<string, ApiTokenPermission[]> = {
  clusters: ['cluster.read'],
  audit: ['cluster.read', 'audit.read'],
};

export interface TokenActions {
  addToken: Action<
    { name: string; permissions: ApiTokenPermission[]; clusters: string[] | null; validDays: number | null },
    { token: string }
  >;
  revokeToken: Action<{ id: number }, unknown>;
  why: string | null;
}

/** Lists API tokens: for machines that read, or request operations. */
export function TokensScreen({ tokens, actions }: { tokens: readonly ListedApiToken[]; actions: TokenActions }) {
  return (
    <Section
      title="Tokens"
      about="For machines, such as dashboards and pipelines. A token reads, or requests and cancels operations. It never approves and never uses break-glass."
      action={
        <FormDialog
          button="Create token"
          kind="primary"
          title="Create an API token"
          submit="Create token"
          why={actions.why}
          action={actions.addToken}
          read={(form) => {
            const days = textOf(form, 'days');
            return {
              name: textOf(form, 'name'),
              permissions: READS[textOf(form, 'reads')] ?? [],
              clusters: clustersOf(form),
              validDays: days === '' ? null : Number(days),
            };
          }}
          result={({ token }) => (
            <SecretOnce label="Token" secret={token}>
              <p>
                Send it as <code className="font-mono text-[13px]">Authorization: Bearer …</code>
              </p>
            </SecretOnce>
          )}
        >
          <Field label="Name" name="name" required maxLength={100} placeholder="grafana" autoComplete="off" autoFocus />
          <Choice
            label="May"
            name="reads"
            choices={[
              { value: 'clusters', label: 'read clusters, nodes and findings' },
              { value: 'audit', label: 'read the same, and the audit log' },
            ]}
          />
          <ScopeField />
          <p className="text-xs text-muted">
            A token never has more rights than its maker. For one that requests operations or reads loss ledgers, run on the controller’s
            machine: <code className="font-mono">npm run admin -- api-token create NAME --permissions …</code>
          </p>
          <Choice
            label="Valid for"
            name="days"
            defaultValue="365"
            choices={[
              { value: '30', label: '30 days' },
              { value: '90', label: '90 days' },
              { value: '365', label: '1 year' },
              { value: '', label: 'until it is revoked' },
            ]}
          />
        </FormDialog>
      }
    >
      {tokens.length === 0 ? (
        <p className="px-5 py-5 text-muted">No token was ever made.</p>
      ) : (
        <Table label="API tokens">
          <TableHead columns={COLUMNS} />
          <tbody>
            {tokens.map((token) => (
              <tr key={token.id}>
                <Cell className="name font-medium">{token.name}</Cell>
                <Cell>
                  <StateWord
                    tone={token.counts ? 'good' : 'unknown'}
                    word={token.counts ? 'valid' : token.revokedAt === null ? 'expired' : 'revoked'}
                  />
                </Cell>
                <Cell className={WIDE}>
                  <span className="block font-mono text-xs">{token.permissions.join(', ')}</span>
                  <span className="name block text-xs text-muted">
                    {token.clusters === null ? 'on the whole fleet' : `on ${token.clusters.join(', ')}`}, made by{' '}
                    {token.createdBy === null ? 'not recorded' : personOf(token.createdBy)}
                  </span>
                </Cell>
                <Cell className={WIDE}>
                  <Instant at={token.createdAt} />
                </Cell>
                <Cell className={WIDE}>{token.expiresAt === null ? 'when it is revoked' : <Instant at={token.expiresAt} />}</Cell>
                <Cell className="text-right">
                  {token.counts ? (
                    <ConfirmedAction
                      label="Revoke…"
                      accessibleLabel={`Revoke ${token.name}`}
                      title={`Revoke ${token.name}?`}
                      warning={<p>Its next request is refused. This can’t be undone; create a new one instead.</p>}
                      confirm="Revoke the token"
                      why={actions.why}
                      action={actions.revokeToken}
                      input={{ id: token.id }}
                    />
                  ) : null}
                </Cell>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
    </Section>
  );
}
