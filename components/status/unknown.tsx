/** Renders an unknown value as a word: never a zero, never a blank. */
export function Unknown() {
  return <span className="text-unknown">unknown</span>;
}
