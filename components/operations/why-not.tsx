/** In the place of a button that can't be pressed: why. */
export function WhyNot({ what, reasons }: { what: string; reasons: readonly string[] }) {
  return (
    <div className="rounded-md border border-dashed border-line-strong px-3 py-2 text-[13px] text-muted">
      <p className="font-medium">{what}:</p>
      <ul className="name list-disc pl-5">
        {reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
    </div>
  );
}
