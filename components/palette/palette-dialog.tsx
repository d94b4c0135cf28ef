'use client';
import { useQuery } from '@tanstack/react-query';
import { Activity, Database, FileText, ListChecks, Play } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useDeferredValue, useEffect, useId, useMemo, useRef, useState } from 'react';
import type { KeyboardEvent } from 'react';
import type { OperationListAnswer } from '../../lib/domain/operation/answers/answers.ts';
import type { ScreenName } from '../../lib/domain/screens/registry.ts';
import { useHiddenNames } from '../hidden-names/hidden-names.tsx';
import { fetchJson } from '../live/fetch-json.ts';
import { cx } from '../ui/class-names.ts';
import { paletteEntries } from './entries.ts';
import type { Places } from './entries.ts';
import { indexOfChosen, moveChoice, searchPalette } from './search.ts';
import type { PaletteEntry } from './search.ts';

const NAMES_FRESH_MS = 30_000;
const OPERATIONS_FRESH_MS = 2_000;
const NO_PLACES: Places = { clusters: [], nodes: [] };
const ICON = { page: FileText, cluster: Activity, node: Database, operation: Play, action: ListChecks } as const;
const KIND_WORD = { page: 'page', cluster: 'cluster', node: 'node', operation: 'in progress', action: 'plan' } as const;

/** Goes anywhere by name. The browser's own modal dialog keeps the focus inside and gives it back where it was. */
export default function PaletteDialog({ listed, onClose }: { listed: readonly ScreenName[]; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const listId = useId();
  const router = useRouter();
  const [typed, setTyped] = useState('');
  const [chosen, setChosen] = useState<string | null>(null);
  const places = useQuery({
    queryKey: ['places'],
    queryFn: ({ signal }) => fetchJson<Places>('/api/places', signal),
    staleTime: NAMES_FRESH_MS,
    retry: 1,
  });
  const underWay = useQuery({
    queryKey: ['operations in progress'],
    queryFn: ({ signal }) => fetchJson<OperationListAnswer>('/api/operations?which=under-way', signal),
    staleTime: OPERATIONS_FRESH_MS,
    retry: 1,
  });
  const { hide } = useHiddenNames();
  const entries = useMemo(
    () =>
      paletteEntries(places.data ?? NO_PLACES, underWay.data?.operations ?? [], listed).map((entry) => ({
        ...entry,
        // Searched as it is shown.
        label: hide(entry.label),
        detail: hide(entry.detail),
      })),
    [places.data, underWay.data, listed, hide],
  );
  const searched = useDeferredValue(typed);
  const results = useMemo(() => searchPalette(entries, searched), [entries, searched]);
  const active = indexOfChosen(results, chosen);

  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: 'nearest' });
  }, [active, results]);

  const go = (entry: PaletteEntry) => {
    dialog.current?.close();
    router.push(entry.href);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // Typing and pressing Enter at once means what was typed, not the list from before.
    const list = typed === searched ? results : searchPalette(entries, typed);
    const moved = moveChoice(list, chosen, event.key);
    const entry = list[indexOfChosen(list, chosen)];
    if (moved !== null) setChosen(moved);
    else if (event.key === 'Enter' && !event.nativeEvent.isComposing && entry !== undefined) go(entry);
    else return;
    event.preventDefault();
  };

  return (
    <dialog
      ref={dialog}
      aria-label="Go to"
      onClose={onClose}
      onClick={(event) => (event.target === event.currentTarget ? dialog.current?.close() : undefined)}
      className="mx-auto mt-[10vh] w-[min(620px,calc(100vw-24px))] rounded-lg border border-line bg-surface p-0 text-text shadow-high backdrop:bg-black/40"
    >
      <input
        autoFocus
        type="text"
        role="combobox"
        aria-label="Cluster, node, page or operation"
        aria-expanded
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={active >= 0 ? `${listId}-${active}` : undefined}
        autoComplete="off"
        spellCheck={false}
        maxLength={200}
        placeholder="Cluster, node, page or operation"
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          setChosen(null);
        }}
        onKeyDown={onKeyDown}
        className="h-12 w-full border-b border-line bg-transparent px-4 text-[15px] outline-none"
      />
      <ul ref={list} id={listId} role="listbox" aria-label="Results" className="h-[min(420px,60vh)] overflow-y-auto p-1.5">
        {results.map((entry, index) => (
          <Option
            key={entry.id}
            id={`${listId}-${index}`}
            entry={entry}
            active={index === active}
            onPoint={() => setChosen(entry.id)}
            onGo={() => go(entry)}
          />
        ))}
      </ul>
      <p role="status" className="border-t border-line px-4 py-2 text-xs text-muted">
        {statusText(places, results.length, typed)}
      </p>
    </dialog>
  );
}

function Option(props: { id: string; entry: PaletteEntry; active: boolean; onPoint: () => void; onGo: () => void }) {
  const { entry } = props;
  const Icon = ICON[entry.kind];
  return (
    <li
      id={props.id}
      role="option"
      aria-selected={props.active}
      onPointerMove={props.active ? undefined : props.onPoint}
      onClick={props.onGo}
      className={cx('flex h-9 cursor-pointer items-center gap-2.5 rounded px-2.5', props.active && 'bg-accent-soft')}
    >
      <Icon size={14} aria-hidden className="shrink-0 text-muted" />
      <span className="name-line min-w-0 font-medium">{entry.label}</span>
      <span className="name-line min-w-0 flex-1 text-[13px] text-muted">{entry.detail}</span>
      <span className="shrink-0 text-xs text-muted">{KIND_WORD[entry.kind]}</span>
    </li>
  );
}

function statusText(places: { isPending: boolean; isError: boolean }, count: number, typed: string): string {
  if (places.isError) return 'Names of clusters and nodes could not be read: only pages are listed. Close and open this again to retry.';
  if (places.isPending) return 'Reading the names of clusters and nodes…';
  if (count === 0) return `No match for “${typed.trim()}”.`;
  return `${count} ${count === 1 ? 'result' : 'results'}. Arrow keys choose, Enter opens, Escape closes.`;
}
