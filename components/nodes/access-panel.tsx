import type { HbaLine, NodeDetails } from '../../lib/domain/node-details/details.ts';
import { Help } from '../help/help.tsx';
import { NODE_HELP } from '../help/texts-node.ts';
import { StateWord } from '../status/mark.tsx';
import { SEVERITY } from '../status/words.ts';
import { Panel } from '../ui/panel.tsx';
import { Cell, HeaderCell, Table } from '../ui/table.tsx';
import { FactsAge } from './facts-age.tsx';

/** pg_hba.conf line by line, in the order in which PostgreSQL reads it, and who may replicate. */
export function AccessPanel({ details, nowMs }: { details: NodeDetails; nowMs: number }) {
  const { hba, replicationRoles, factsAt } = details;
  return (
    <Panel
      title="Access: pg_hba.conf"
      aside={<Help text={NODE_HELP.access} />}
      id="access"
      note={<FactsAge at={hba === null ? null : factsAt} nowMs={nowMs} />}
    >
      {hba === null ? (
        <p className="px-5 py-4 text-unknown">
          Unknown: the agent may not read pg_hba.conf through PostgreSQL, or never reported. Next, as a superuser:{' '}
          <code className="name font-mono text-[13px]">
            GRANT EXECUTE ON FUNCTION pg_hba_file_rules() TO farshore_monitor; GRANT SELECT ON pg_hba_file_rules TO farshore_monitor;
          </code>
        </p>
      ) : hba.length === 0 ? (
        <p className="px-5 py-4 text-bad">The file has no line: nobody can connect.</p>
      ) : (
        <Table label="Lines of pg_hba.conf" className="min-w-[58rem]">
          <thead>
            <tr>
              {['Line', 'Type', 'Database', 'User', 'Address', 'Method', 'Judgement'].map((header) => (
                <HeaderCell key={header}>{header}</HeaderCell>
              ))}
            </tr>
          </thead>
          <tbody>
            {hba.map((line, index) => (
              <HbaRow key={`${line.lineNumber} ${index}`} line={line} />
            ))}
          </tbody>
        </Table>
      )}
      <p className="px-5 py-3 text-[13px] text-muted">
        Roles that may log in for replication:{' '}
        {replicationRoles === null ? (
          <span className="text-unknown">unknown</span>
        ) : replicationRoles.length === 0 ? (
          'none'
        ) : (
          replicationRoles.map(({ name, superuser }, index) => (
            <span key={name} className="name text-text">
              {index === 0 ? '' : ', '}
              <code className="font-mono">{name}</code>
              {superuser ? ' (superuser)' : ''}
            </span>
          ))
        )}
        .
      </p>
    </Panel>
  );
}

function HbaRow({ line }: { line: HbaLine }) {
  const empty = <span className="text-muted">–</span>;
  return (
    <tr>
      <Cell>{line.lineNumber}</Cell>
      <Cell>{line.type ?? empty}</Cell>
      <Cell className="name max-w-48 min-w-28">{line.databases.length === 0 ? empty : line.databases.join(', ')}</Cell>
      <Cell className="name max-w-56 min-w-40">{line.users.length === 0 ? empty : line.users.join(', ')}</Cell>
      <Cell className="name max-w-64 min-w-36">
        {line.address ?? empty}
        {line.netmask === null ? null : <span className="block text-xs text-muted">{line.netmask}</span>}
      </Cell>
      <Cell className="whitespace-nowrap">{line.method ?? empty}</Cell>
      <Cell className="min-w-56">
        {line.error !== null ? (
          <>
            <StateWord tone="bad" word="not valid" />
            <span className="name block text-xs">{line.error}</span>
          </>
        ) : line.problems.length === 0 ? (
          <span className="text-muted">OK</span>
        ) : (
          line.problems.map(({ problem, severity, text }) => (
            <span key={problem} className="block">
              <StateWord {...SEVERITY[severity]} /> <span className="name">{text}</span>
            </span>
          ))
        )}
      </Cell>
    </tr>
  );
}
