'use client';
import { useQuery } from '@tanstack/react-query';
import { createContext, useCallback, useContext, useLayoutEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { ReactNode } from 'react';
import { nameHider } from '../../lib/domain/format/hidden-names.ts';
import type { KnownNames } from '../../lib/domain/format/hidden-names.ts';
import { fetchJson } from '../live/fetch-json.ts';
import { coverNames } from './cover-names.ts';
import { HIDDEN, HIDDEN_NAMES_COOKIE } from './hidden-names-cookie.ts';

/** Clusters and nodes that are created later are hidden within this time. */
const NAMES_EVERY_MS = 10_000;

export interface HiddenNames {
  /** The reader's wish; it takes effect once the names are known. */
  hidden: boolean;
  /** Why names that are to be hidden are still shown. */
  problem: string | null;
  /** For what is not text of the document: what is searched in, and files. Changes nothing while names are shown. */
  hide: (text: string) => string;
  setHidden: (hidden: boolean) => void;
}

const same = (text: string): string => text;
const Context = createContext<HiddenNames>({ hidden: false, problem: null, hide: same, setHidden: () => undefined });
export const useHiddenNames = (): HiddenNames => useContext(Context);

/**
 * The switch for the whole console. `known`: the names as the server knows them, when hidden already: the page is then rendered in the
 * browser alone and never carries its names.
 */
export function HiddenNamesProvider({ known, children }: { known: KnownNames | null; children: ReactNode }) {
  const [hidden, setWanted] = useState(known !== null);
  const { data: names, error } = useQuery<KnownNames>({
    queryKey: ['names'],
    queryFn: ({ signal }) => fetchJson<KnownNames>('/api/names', signal),
    ...(known === null ? {} : { initialData: known }),
    enabled: hidden,
    staleTime: 0,
    refetchInterval: NAMES_EVERY_MS,
    networkMode: 'always',
  });
  const hide = useMemo(() => (hidden && names !== undefined ? nameHider(names) : same), [hidden, names]);
  useLayoutEffect(() => (hide === same ? undefined : coverNames(document.documentElement, hide)), [hide]);
  const setHidden = useCallback((wanted: boolean) => {
    const lifetime = wanted ? '' : '; max-age=0';
    document.cookie = `${HIDDEN_NAMES_COOKIE}=${HIDDEN}; path=/; samesite=lax${lifetime}`;
    setWanted(wanted);
  }, []);
  const problem = hidden && names === undefined && error !== null ? `Names can’t be hidden now: ${error.message}` : null;
  const value = useMemo(() => ({ hidden, problem, hide, setHidden }), [hidden, problem, hide, setHidden]);
  const isBrowser = useSyncExternalStore(never, yes, no);
  return <Context value={value}>{known === null || isBrowser ? children : null}</Context>;
}

const never = () => () => undefined;
const yes = () => true;
const no = () => false;
