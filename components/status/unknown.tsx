/** The word for what is not known: never a zero, never a blank. */
export function Unknown() {
  return <span className="text-unknown">unknown</span>;
}
