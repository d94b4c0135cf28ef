/** Defines the “How is this measured” text of one figure. Each part of the console has its own file, so that a page loads only its own. */
export interface HelpText {
  title: string;
  /** For a reader who has to decide by the figure. With its unit, where the figure does not show one. */
  meaning: string;
  /** Where it comes from, and how often. */
  measured: string;
  /** When it is unknown, or what it does not show. */
  limits?: string;
}
