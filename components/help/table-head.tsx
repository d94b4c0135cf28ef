'use client';
import { HeaderCell } from '../ui/table.tsx';
import { HelpedLabel } from './help.tsx';
import type { HelpText } from './text.ts';

export interface Column {
  label: string;
  help?: HelpText;
  className?: string;
  /** Only said to screen readers, such as over a column of buttons. */
  silent?: boolean;
}

/** The head of a table: a cell for each column, with the way to how its figures are measured. */
export function TableHead({ columns }: { columns: readonly Column[] }) {
  return (
    <thead>
      <tr>
        {columns.map(({ label, help, className, silent }) => (
          // Its name is the label alone: a screen reader says it with each cell.
          <HeaderCell key={label} className={className} aria-label={help === undefined ? undefined : label}>
            {silent === true ? <span className="sr-only">{label}</span> : <HelpedLabel text={help}>{label}</HelpedLabel>}
          </HeaderCell>
        ))}
      </tr>
    </thead>
  );
}

/** The header of a column of buttons. */
export const ACTIONS_COLUMN: Column = { label: 'Actions', silent: true };
