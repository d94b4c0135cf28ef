import { formatDuration } from '../../lib/domain/format/duration.ts';
import { urgencyOfCertificate } from '../../lib/domain/node-details/certificate-life.ts';
import type { NodeDetails } from '../../lib/domain/node-details/details.ts';
import type { LinkView } from '../../lib/domain/topology/model.ts';
import { Help } from '../help/help.tsx';
import { NODE_HELP } from '../help/texts-node.ts';
import { Instant } from '../status/instant.tsx';
import { StateWord } from '../status/mark.tsx';
import type { StateTone } from '../status/words.ts';
import { LINK_STATE, SYNC_WORD, tlsWords } from '../status/words.ts';
import { Panel } from '../ui/panel.tsx';
import { Cell, HeaderCell, Table } from '../ui/table.tsx';
import { FactsAge, NeverRead } from './facts-age.tsx';

const TONE = { critical: 'bad', warning: 'warn' } as const;
const PURPOSE = { server: 'PostgreSQL server', 'server-ca': 'CA of the server', agent: 'Agent' } as const;

/** How this node's streams are protected, and until when its certificates hold. */
export function TransportPanel(props: { details: NodeDetails; links: readonly LinkView[]; name: string; nowMs: number }) {
  const { details, links, name, nowMs } = props;
  return (
    <Panel
      title="Streams and certificates"
      aside={<Help text={NODE_HELP.transport} />}
      id="tls"
      note={<FactsAge at={details.factsAt} nowMs={nowMs} />}
    >
      {links.length === 0 ? (
        <p className="border-b border-line px-5 py-4 text-muted">No WAL stream to or from this node is seen now.</p>
      ) : (
        <Table label="Streams of this node" className="min-w-[30rem]">
          <thead>
            <tr>
              {['Stream', 'State', 'Encryption', 'Synchronisation'].map((header) => (
                <HeaderCell key={header}>{header}</HeaderCell>
              ))}
            </tr>
          </thead>
          <tbody>
            {links.map((link) => (
              <tr key={`${link.from} ${link.to}`}>
                <Cell className="name min-w-32">{link.to === name ? `from ${link.from}` : `to ${link.to}`}</Cell>
                <Cell>
                  <StateWord {...LINK_STATE[link.state]} />
                </Cell>
                <Cell className="min-w-40">
                  <span className={link.encrypted === false ? 'font-medium text-bad' : undefined}>{tlsWords(link)}</span>
                  {link.tls === null ? null : <span className="name block text-xs text-muted">{link.tls.cipher}</span>}
                </Cell>
                <Cell className="whitespace-nowrap">
                  {link.syncState === null ? <span className="text-unknown">unknown</span> : SYNC_WORD[link.syncState]}
                </Cell>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
      {details.certificates === null ? (
        <NeverRead what="certificates" />
      ) : details.certificates.length === 0 ? (
        <p className="px-5 py-4 text-unknown">No certificate could be read.</p>
      ) : (
        <Table label="Certificates of this node" className="min-w-[30rem]">
          <thead>
            <tr>
              {['Certificate', 'Expires', 'Left'].map((header) => (
                <HeaderCell key={header}>{header}</HeaderCell>
              ))}
            </tr>
          </thead>
          <tbody>
            {details.certificates.map(({ purpose, subject, notAfter }, index) => {
              const leftMs = Date.parse(notAfter) - nowMs;
              return (
                <tr key={`${purpose} ${index}`}>
                  <Cell className="min-w-44">
                    {PURPOSE[purpose]}
                    <span className="name block text-xs text-muted">{subject}</span>
                  </Cell>
                  <Cell>
                    <Instant at={notAfter} />
                  </Cell>
                  <Cell className="whitespace-nowrap">
                    <StateWord
                      tone={certificateTone(purpose, leftMs)}
                      word={leftMs < 0 ? `expired ${formatDuration(-leftMs)} ago` : formatDuration(leftMs)}
                    />
                  </Cell>
                </tr>
              );
            })}
          </tbody>
        </Table>
      )}
    </Panel>
  );
}

function certificateTone(purpose: keyof typeof PURPOSE, leftMs: number): StateTone {
  const urgency = urgencyOfCertificate(purpose, leftMs);
  return urgency === null ? 'good' : TONE[urgency];
}
