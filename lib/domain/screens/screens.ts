/** Derives addresses, titles and rights from the descriptions of screens. */
import { mayActor, mayAnywhere } from '../policy/permissions.ts';
import type { Actor } from '../policy/permissions.ts';
import { SCREENS } from './registry.ts';
import type { ScreenName } from './registry.ts';
import type { Screen } from './screen.ts';

const BY_NAME = new Map<ScreenName, Screen>(SCREENS.map((screen) => [screen.name, screen]));

export const screenOf = (name: ScreenName): Screen => BY_NAME.get(name)!;

/** The screens of one navigation, in its order. */
export const screensAt = (place: Screen['place']): readonly Screen<ScreenName>[] =>
  SCREENS.filter((screen: Screen<ScreenName>) => screen.place === place);

export const clusterAddress = (slug: string): string => `/clusters/${encodeURIComponent(slug)}`;

/** Its address; a page of a cluster needs the short name of that. */
export function addressOf(name: ScreenName, slug?: string): string {
  const { place, path } = screenOf(name);
  if (place !== 'cluster') return path;
  if (slug === undefined) throw new Error(`The page “${name}” is one of a cluster.`);
  return clusterAddress(slug) + path;
}

/** The title of the document. `cluster`: by its name. */
export function documentTitle(name: ScreenName, cluster = ''): string {
  const { place, title } = screenOf(name);
  return `${title.replace('{cluster}', () => cluster)}${place === 'settings' ? ' · Settings' : ''}`;
}

export function maySee(actor: Actor, { access: { permission, on } }: Pick<Screen, 'access'>): boolean {
  return on === 'fleet' ? mayActor(actor, permission, 'fleet') : mayAnywhere(actor, permission);
}

/** In navigation and palette. One that says why it shows nothing is listed too. */
export const listedFor = (actor: Actor): ScreenName[] =>
  SCREENS.filter((screen) => screen.access.otherwise !== null || maySee(actor, screen)).map(({ name }) => name);
