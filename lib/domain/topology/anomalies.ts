/** Shapes that a healthy cluster never has. */

/** Nodes that follow each other in a circle, none of which a primary's WAL can reach; one list for each circle. */
export function findCycles(upstreams: ReadonlyMap<string, string | null>): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  for (const start of upstreams.keys()) {
    const path: string[] = [];
    let at: string | null = start;
    while (at !== null && !done.has(at) && !path.includes(at)) {
      path.push(at);
      at = upstreams.get(at) ?? null;
    }
    if (at !== null && path.includes(at)) cycles.push(path.slice(path.indexOf(at)));
    for (const name of path) done.add(name);
  }
  return cycles;
}
