/** Defines a server action's answer: the value, or why not, in sentences. */
export type ActionAnswer<T> = { ok: true; value: T } | { ok: false; reasons: string[] };
export type Action<Input, T> = (input: Input) => Promise<ActionAnswer<T>>;
