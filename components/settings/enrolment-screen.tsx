'use client';
import { useState } from 'react';
import type { EnrolmentAnswer, InstallationAnswer, ListedNode } from '../../lib/domain/enrolment/registry.ts';
import { formatDuration } from '../../lib/domain/format/duration.ts';
import type { Action } from '../forms/action-answer.ts';
import { ConfirmedAction } from '../forms/confirm.tsx';
import { Problems } from '../forms/problems.tsx';
import { useAction } from '../forms/use-action.ts';
import { REGISTRY_HELP } from '../help/texts-settings.ts';
import { useServerNow } from '../live/clock.ts';
import { LiveIndicator } from '../live/live-indicator.tsx';
import { usePolledPage } from '../live/polled-page.ts';
import { SessionOver } from '../live/session-over.tsx';
import { Instant } from '../status/instant.tsx';
import { Mark, StateWord } from '../status/mark.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { GuardedButton } from '../ui/guarded-button.tsx';
import { joinCommands } from './join-commands.ts';
import { Fact, Facts, Section } from './section.tsx';
import { STEP_WORD } from './step-words.ts';

const ASK_EVERY_MS = 2_000;

interface Issued {
  token: string;
  expiresAt: string;
}

interface Props {
  enrolment: EnrolmentAnswer;
  installation: InstallationAnswer | null;
  whyNotEnrol: string | null;
  issueToken: Action<{ cluster: string; node: string }, Issued>;
  unlock: Action<{ cluster: string; node: string }, unknown>;
}

/** Brings one node under observation: the token, the commands, and what is waited for. */
export function EnrolmentScreen(props: Props) {
  const { cluster, name } = props.enrolment.node;
  const path = `${encodeURIComponent(cluster)}/${encodeURIComponent(name)}`;
  const { answer, stream } = usePolledPage(`/api/settings/enrolment/${path}`, props.enrolment, ASK_EVERY_MS);
  const nowMs = useServerNow(Date.parse(props.enrolment.serverTime), stream.clockOffsetMs);
  const [issued, setIssued] = useState<Issued | null>(null);
  return (
    <>
      <SessionOver status={stream.status} returnTo={`/settings/clusters/${path}`} />
      <Section title="Progress" action={<LiveIndicator stream={stream} computedAt={answer.serverTime} nowMs={nowMs} />}>
        <Progress node={answer.node} props={props} />
      </Section>
      <Join props={props} node={answer.node} issued={issued} onIssued={setIssued} nowMs={nowMs} />
    </>
  );
}

function Progress({ node, props }: { node: ListedNode; props: Props }) {
  const { progress } = node;
  const { joined, reports, reads } = progress.reached;
  return (
    <div className="px-5 py-4">
      <div aria-live="polite">
        <StateWord tone={progress.tone} word={STEP_WORD[progress.step]} className="text-[15px]" />
        <p className="name mt-1">{progress.sentence}</p>
        {progress.next === null ? null : (
          <p className="name mt-1 text-[13px]">
            <span className="text-muted">Next: </span>
            {progress.next}
          </p>
        )}
      </div>
      <ol className="mt-4 flex flex-wrap gap-x-6 gap-y-2 text-[13px]" aria-label="Steps">
        <Step word="Registered" reached />
        <Step word="Agent joined" reached={joined} />
        <Step word="Agent reports" reached={reports} />
        <Step word="PostgreSQL is read" reached={reads} />
      </ol>
      {progress.step === 'locked' ? (
        <div className="mt-4">
          <ConfirmedAction
            label="Unlock the identity…"
            title={`Unlock ${node.name}?`}
            warning={
              <p>
                The identity was locked because two agents used it. Unlock it only after you found and stopped the second one: the next
                agent that reports is taken for the right one.
              </p>
            }
            confirm="I stopped the other agent: unlock"
            why={props.whyNotEnrol}
            action={props.unlock}
            input={{ cluster: node.cluster, node: node.name }}
          />
        </div>
      ) : null}
      <Facts className="mt-2 border-t border-line px-0 pb-0">
        <Fact label="Joined" help={REGISTRY_HELP.joined}>
          {node.enrolledAt === null ? 'never' : <Instant at={node.enrolledAt} />}
        </Fact>
        <Fact label="Last report" help={REGISTRY_HELP.lastReport}>
          {node.reportedAt === null ? 'never' : <Instant at={node.reportedAt} />}
        </Fact>
        <Fact label="Certificate until" help={REGISTRY_HELP.certificate}>
          {node.certificateNotAfter === null ? 'no certificate' : <Instant at={node.certificateNotAfter} />}
        </Fact>
      </Facts>
    </div>
  );
}

function Step({ word, reached }: { word: string; reached: boolean | null }) {
  const says = reached === null ? 'unknown now' : reached ? 'done' : 'not yet';
  return (
    <li className="flex items-center gap-1.5">
      <Mark tone={reached === true ? 'good' : reached === null ? 'unknown' : 'info'} />
      {word} <span className="text-muted">({says})</span>
    </li>
  );
}

function Join(p: { props: Props; node: ListedNode; issued: Issued | null; onIssued: (issued: Issued) => void; nowMs: number }) {
  const { props, node, issued, nowMs } = p;
  const { run, busy, problems } = useAction(props.issueToken, p.onIssued);
  const isAgain = node.enrolledAt !== null;
  const why =
    props.whyNotEnrol ?? (props.installation === null ? 'No controller has started yet: there is nothing to join. Start it first.' : null);
  const leftMs = issued === null ? null : Date.parse(issued.expiresAt) - nowMs;
  const isUsed = node.token?.usedAt != null && issued !== null && node.token.expiresAt === issued.expiresAt;
  return (
    <Section
      title={isAgain ? 'Join again' : 'Let the agent join'}
      about={
        isAgain
          ? 'Only when the server was rebuilt or its identity is lost: the new identity replaces the present one.'
          : 'A join token works once, for 15 minutes, and for this node only. A new one invalidates the previous one.'
      }
      action={
        <GuardedButton
          kind={isAgain ? 'secondary' : 'primary'}
          size="small"
          why={why}
          disabled={busy}
          onClick={() => run({ cluster: node.cluster, node: node.name })}
        >
          {busy ? 'Issuing…' : issued === null ? 'Issue a join token' : 'Issue another'}
        </GuardedButton>
      }
    >
      <div className="space-y-4 px-5 py-4">
        <Problems problems={problems} />
        {issued === null || leftMs === null ? (
          <p className="text-[13px] text-muted">The commands to run on the server appear here with the token.</p>
        ) : isUsed ? (
          <StateWord tone="good" word="The token was used: the agent has joined." />
        ) : leftMs <= 0 ? (
          <StateWord tone="warn" word="The token has expired. Issue another one." />
        ) : (
          <>
            <p className="text-[13px]" role="timer">
              The token is valid for another <strong>{formatDuration(Math.ceil(leftMs / 1000) * 1000)}</strong> and is shown this once.
            </p>
            <Commands
              commands={joinCommands({ node: node.name, token: issued.token, isAgain, gatewayUrl: props.installation?.gatewayUrl ?? '' })}
            />
          </>
        )}
        {props.installation === null ? null : <Installation installation={props.installation} />}
      </div>
    </Section>
  );
}

function Commands({ commands }: { commands: readonly { what: string; command: string }[] }) {
  return (
    <ol className="space-y-4">
      {commands.map(({ what, command }, index) => (
        <li key={what}>
          <div className="flex items-center justify-between gap-3">
            <p className="text-[13px] font-medium">
              {index + 1}. {what}
            </p>
            <CopyButton text={command} label={`Copy command ${index + 1}`} />
          </div>
          <pre
            tabIndex={0}
            aria-label={`Command ${index + 1}`}
            className="mt-1 overflow-x-auto rounded-md border border-line bg-raised px-3 py-2 font-mono text-[13px]"
          >
            {command}
          </pre>
        </li>
      ))}
    </ol>
  );
}

function Installation({ installation }: { installation: InstallationAnswer }) {
  return (
    <details className="text-[13px]">
      <summary className="cursor-pointer text-accent select-none">How the agent verifies the controller</summary>
      <p className="mt-2 text-muted">
        The token ends with the SHA-256 of the authority’s certificate. The agent sends its secret only to a gateway that proves to hold it.
      </p>
      <dl className="mt-2 space-y-2">
        <div>
          <dt className="text-xs text-muted">CA fingerprint (SHA-256)</dt>
          <dd className="font-mono text-xs break-all">{installation.caFingerprint}</dd>
        </div>
        <div>
          <dt className="text-xs text-muted">Gateway, and the names in its certificate</dt>
          <dd className="name font-mono text-xs">
            {installation.gatewayUrl} ({installation.gatewayNames.join(', ')})
          </dd>
        </div>
      </dl>
    </details>
  );
}
