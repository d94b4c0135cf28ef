'use client';
/** Whether names are hidden for screenshots, kept for this tab's session, and which number each name has. */
import { useEffect, useMemo, useSyncExternalStore } from 'react';
import { anonymiseView, knownNames } from '../../lib/domain/topology/anonymise.ts';
import type { ClusterView } from '../../lib/domain/topology/model.ts';

const SWITCH_KEY = 'farshore-anonymous';
const namesKey = (slug: string) => `farshore-anonymous-names:${slug}`;
const listeners = new Set<() => void>();

function subscribe(changed: () => void): () => void {
  listeners.add(changed);
  return () => listeners.delete(changed);
}
const isOn = () => sessionStorage.getItem(SWITCH_KEY) === 'on';

/** The switch, for every place that shows a name. Off while the page is rendered by the server. */
export function useAnonymous(): [boolean, (on: boolean) => void] {
  const on = useSyncExternalStore(subscribe, isOn, () => false);
  return [on, setAnonymous];
}

function setAnonymous(on: boolean): void {
  if (on) sessionStorage.setItem(SWITCH_KEY, 'on');
  else sessionStorage.removeItem(SWITCH_KEY);
  for (const changed of listeners) changed();
}

/** The view as it may be shown: without names while the switch is on. */
export function useShownView(view: ClusterView): ClusterView {
  const [on] = useAnonymous();
  const names = useMemo(() => (on ? knownNames(storedNames(view.slug), view) : []), [on, view]);
  useEffect(() => {
    if (on) sessionStorage.setItem(namesKey(view.slug), JSON.stringify(names));
  }, [on, names, view.slug]);
  return useMemo(() => (on ? anonymiseView(view, names) : view), [on, view, names]);
}

/** The number that a node of this cluster was shown under, for places without a view; `node` when it has none. */
export function anonymousNode(slug: string, name: string): string {
  const index = storedNames(slug).indexOf(name);
  return index < 0 ? 'node' : `node-${index + 1}`;
}

function storedNames(slug: string): readonly string[] {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(namesKey(slug)) ?? '[]');
    return Array.isArray(stored) && stored.every((name) => typeof name === 'string') ? stored : [];
  } catch {
    return [];
  }
}
