export function Logo({ size = 26 }: { size?: number }) {
  return (
    <svg viewBox="0 0 32 32" width={size} height={size} aria-hidden className="shrink-0">
      <rect width="32" height="32" rx="7" className="fill-accent" />
      <g className="stroke-on-accent" fill="none" strokeWidth="2.4" strokeLinecap="round">
        <path d="M6 21.500c3.300 0 3.300-2.600 6.700-2.600s3.300 2.600 6.600 2.600 3.400-2.600 6.700-2.600" />
        <circle cx="10" cy="11" r="2" className="fill-on-accent" />
        <circle cx="22" cy="11" r="3" />
        <path d="M13 11h5" />
      </g>
    </svg>
  );
}
