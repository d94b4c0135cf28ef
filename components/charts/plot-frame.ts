/** Places the drawing inside its frame, so that a pointer position maps to a time. Pixels. */
export const PLOT_HEIGHT = 190;
export const PLOT_LEFT = 62;
export const PLOT_RIGHT = 20;
export const PLOT_TOP = 8;
export const AXIS_HEIGHT = 24;
/** A label of the time axis needs about so much. */
const TICK_WIDTH = 84;

export const timeTicksMax = (width: number): number => Math.max(2, Math.floor((width - PLOT_LEFT - PLOT_RIGHT) / TICK_WIDTH));

/** The moment at `x` pixels from the frame's left edge, kept inside the period. */
export function momentAt(x: number, width: number, fromMs: number, toMs: number): number {
  const plotWidth = Math.max(1, width - PLOT_LEFT - PLOT_RIGHT);
  const share = Math.min(1, Math.max(0, (x - PLOT_LEFT) / plotWidth));
  return fromMs + share * (toMs - fromMs);
}
