/** “How is this measured” of one figure. The texts stand in a file for each part of the console, so that a page loads only its own. */
export interface HelpText {
  title: string;
  /** What the figure says, in words of somebody who has to decide by it. With its unit, where the figure does not show one. */
  meaning: string;
  /** Where it comes from, and how often. */
  measured: string;
  /** When it is not known, or what it does not show. */
  limits?: string;
}
