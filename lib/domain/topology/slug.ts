/** Tells whether a text can be a cluster's or node's name, before the database is asked for it. */

/** Names become DNS labels and slot names; the same limit stands in the registry. */
export const NAME_CHARACTERS_MAX = 63;

/** PostgreSQL refuses the NUL character in text, and no name is that long: such addresses name nothing. */
export const canBeName = (text: string): boolean => text.length <= NAME_CHARACTERS_MAX && !text.includes('\0');
