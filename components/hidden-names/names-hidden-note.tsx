'use client';
import { EyeOff } from 'lucide-react';
import { Button } from '../ui/button.tsx';
import { useHiddenNames } from './hidden-names.tsx';

/** In the header for as long as names are hidden: nobody must take `cluster-1` for a name. */
export function NamesHiddenNote() {
  const { hidden, problem, setHidden } = useHiddenNames();
  if (!hidden) return null;
  const words = problem === null ? 'Names hidden' : 'Names are NOT hidden';
  return (
    <Button
      kind="quiet"
      size="small"
      aria-label={`${words}: show them`}
      className={problem === null ? 'bg-accent-soft text-accent' : 'bg-bad-soft text-bad'}
      title={problem ?? 'Names of clusters, nodes and people are replaced by numbers in what you see. Press to show them.'}
      onClick={() => setHidden(false)}
    >
      <EyeOff size={14} aria-hidden />
      <span className="max-sm:hidden">{words}</span>
    </Button>
  );
}
