/** Shown only while the server reads: boxes where the figures will stand, and nothing that looks like a figure. */
export function PageLoading() {
  return (
    <main id="content" aria-busy="true" className="mx-auto max-w-[2200px] px-4 py-6 sm:px-6">
      <p className="sr-only">Loading…</p>
      <div className="h-7 w-56 rounded bg-line" />
      <div className="mt-6 grid gap-4 md:grid-cols-2">
        <div className="h-64 rounded-lg border border-line bg-surface" />
        <div className="h-64 rounded-lg border border-line bg-surface" />
      </div>
    </main>
  );
}
