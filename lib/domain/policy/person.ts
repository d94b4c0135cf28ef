/** `user:ada@example.com`, as the audit log names who did something, as people say it. */
export function personOf(label: string): string {
  if (label.startsWith('user:')) return label.slice('user:'.length);
  if (label.startsWith('token:')) return `API token “${label.slice('token:'.length)}”`;
  if (label.startsWith('system:')) return `Farshore’s ${label.slice('system:'.length)}`;
  return label;
}
