/** Shows why something was not done. Always in the page, so that a screen reader announces its content. */
export function Problems({ problems }: { problems: readonly string[] }) {
  return (
    <div role="alert" className="empty:hidden">
      {problems.length === 0 ? null : (
        <ul className="space-y-1 rounded-md bg-bad-soft px-3 py-2 text-[13px] text-bad">
          {problems.map((problem) => (
            <li key={problem} className="name first-letter:uppercase">
              {problem}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
