import type { ChainStatus } from '../../lib/domain/audit/listing.ts';
import { Help } from '../help/help.tsx';
import { AUDIT_HELP } from '../help/texts-operations.ts';
import { Instant } from '../status/instant.tsx';
import { StateWord } from '../status/mark.tsx';
import type { StateTone } from '../status/words.ts';
import { Card } from '../ui/card.tsx';

const STATE: Record<ChainStatus['state'], { word: string; tone: StateTone }> = {
  intact: { word: 'The chain is intact', tone: 'good' },
  broken: { word: 'The chain is broken', tone: 'bad' },
  verifying: { word: 'The chain is being verified', tone: 'unknown' },
};

/** Shows whether every event follows from the one before, and up to which that was verified, when. */
export function ChainPanel({ chain }: { chain: ChainStatus }) {
  return (
    <Card role="region" aria-label="Hash chain" className="px-5 py-4">
      <div className="flex items-center gap-0.5">
        <div role="status" aria-label="State of the hash chain">
          <StateWord {...STATE[chain.state]} className="text-[15px]" />
        </div>
        <Help text={AUDIT_HELP.chain} />
      </div>
      <p className="name mt-1 min-h-[1lh] text-[13px] text-muted">
        {chain.broken === null ? (
          <>
            Verified up to event {chain.verifiedSequence} of {chain.newestSequence}
            {chain.verifiedAt === null ? (
              ''
            ) : (
              <>
                , last <Instant at={chain.verifiedAt} />
              </>
            )}
            . Hash of that event: <code className="font-mono text-xs">{chain.verifiedHash.slice(0, 16)}…</code>
          </>
        ) : (
          <>
            At event {chain.broken.sequence}: {chain.broken.reason} Next: compare with a copy of the log outside this database, and inform
            the people responsible for security.
          </>
        )}
      </p>
    </Card>
  );
}
