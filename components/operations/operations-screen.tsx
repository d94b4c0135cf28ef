'use client';
import Link from 'next/link';
import { useState } from 'react';
import type { OperationListAnswer } from '../../lib/domain/operation/answers/answers.ts';
import { listQuery } from '../../lib/domain/operation/answers/page-filter.ts';
import type { PageFilter, Which } from '../../lib/domain/operation/answers/page-filter.ts';
import { KIND_LIST } from '../../lib/domain/operation/kinds/registry.ts';
import type { OperationKind } from '../../lib/domain/operation/model.ts';
import { PagedList } from '../live/paged-list.tsx';
import { Card } from '../ui/card.tsx';
import { Choice } from '../ui/choice.tsx';
import { OperationTable } from './operation-table.tsx';

const ASK_EVERY_MS = 3_000;

/** Every operation of the fleet, newest first. */
export function OperationsScreen(props: { initial: OperationListAnswer; filter: PageFilter; clusters: { slug: string; name: string }[] }) {
  const [filter, setFilter] = useState(props.filter);
  const change = (part: Partial<PageFilter>) => {
    const next = { ...filter, ...part };
    setFilter(next);
    window.history.replaceState(null, '', `/operations${listQuery(next)}`);
  };
  const any = { value: '', label: 'any' };
  return (
    <main id="content" className="mx-auto max-w-[1600px] space-y-4 px-4 py-6 sm:px-6">
      <header>
        <h1 className="text-xl font-semibold tracking-tight">Operations</h1>
        <p className="mt-1 text-[15px] text-muted">What was done to the clusters through Farshore, by whom, why, and what it cost.</p>
      </header>
      <Card className="grid grid-cols-2 gap-3 px-4 py-3 md:flex md:flex-wrap md:items-end">
        <Choice
          compact
          label="Cluster"
          className="md:w-52"
          value={filter.cluster ?? ''}
          onChange={(event) => change({ cluster: event.target.value || null })}
          choices={[any, ...props.clusters.map(({ slug, name }) => ({ value: slug, label: name }))]}
        />
        <Choice
          compact
          label="Kind"
          className="md:w-40"
          value={filter.kind ?? ''}
          onChange={(event) => change({ kind: (event.target.value || null) as OperationKind | null })}
          choices={[any, ...KIND_LIST.map(({ kind, words }) => ({ value: kind, label: words.name }))]}
        />
        <Choice
          compact
          label="State"
          className="md:w-48"
          value={filter.which}
          onChange={(event) => change({ which: event.target.value as Which })}
          choices={[
            { value: 'all', label: 'any' },
            { value: 'under-way', label: 'in progress or waiting' },
            { value: 'ended', label: 'ended' },
            { value: 'unread', label: 'ended, unread' },
          ]}
        />
      </Card>
      <Listed key={listQuery(filter)} filter={filter} initial={listQuery(filter) === listQuery(props.filter) ? props.initial : null} />
    </main>
  );
}

const NOT_ASKED: OperationListAnswer = { serverTime: '', operations: [], cursor: null };

function Listed({ filter, initial }: { filter: PageFilter; initial: OperationListAnswer | null }) {
  const query = listQuery(filter);
  const isFiltered = query !== '';
  return (
    <PagedList
      label="Operations"
      url={`/api/operations${query}`}
      initial={initial ?? NOT_ASKED}
      intervalMs={ASK_EVERY_MS}
      returnTo={`/operations${query}`}
    >
      {(newest, older) => {
        const known = new Set(newest.operations.map(({ id }) => id));
        const all = [...newest.operations, ...older.flatMap(({ operations }) => operations.filter(({ id }) => !known.has(id)))];
        const rows = filter.which === 'unread' ? all.filter(({ acknowledgedAt }) => acknowledgedAt === null) : all;
        if (rows.length > 0) return <OperationTable operations={rows} withCluster />;
        return (
          <div className="px-5 py-6">
            <p className="font-medium">{isFiltered ? 'No operation matches the filters.' : 'No operations yet.'}</p>
            <p className="mt-1 text-muted">
              {isFiltered
                ? 'Remove a filter to see others.'
                : 'Open a cluster and its “Operations” to plan a switchover. A plan changes nothing: it shows what would be done, and what blocks it.'}
            </p>
            {isFiltered ? null : (
              <Link href="/" prefetch={false} className="mt-3 inline-block font-medium text-accent underline">
                To the clusters
              </Link>
            )}
          </div>
        );
      }}
    </PagedList>
  );
}
