/** Why something was not done, where the eye and the screen reader are. Always there, so that what is put into it is announced. */
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
