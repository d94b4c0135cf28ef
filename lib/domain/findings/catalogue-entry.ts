/** The shape of one entry of the catalogue (catalogue.ts). */
export interface CatalogueEntry {
  title: string;
  /** What it costs if nothing is done. */
  impact: string;
  likelyCauses: readonly string[];
  /** What may be done without making it worse, with exact words where that helps. `{node}` and `{subject}` are filled in. */
  nextAction: string;
}
