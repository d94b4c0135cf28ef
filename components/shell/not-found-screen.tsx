/** Says that an address names nothing, and where to go instead. */
import Link from 'next/link';
import type { ScreenName } from '../../lib/domain/screens/registry.ts';
import { screenOf } from '../../lib/domain/screens/screens.ts';
import { buttonStyle } from '../ui/button.tsx';
import { StateScreen } from './state-screen.tsx';

/** `of`: the screen that lists what there is; it says the words, unless these are given. */
export function NotFoundScreen({ of, words }: { of: ScreenName; words?: { title: string; why: string } }) {
  const screen = screenOf(of);
  const back = screen.place === 'cluster' ? screenOf('overview') : screen;
  const { title, why } = words ?? screen.missing ?? { title: 'There is no such page', why: 'The address may be mistyped.' };
  return (
    <StateScreen
      tone="unknown"
      title={title}
      actions={
        <Link href={back.path} className={buttonStyle({ kind: 'primary' })}>
          To the {back.title.toLowerCase()}
        </Link>
      }
    >
      <p>{why}</p>
    </StateScreen>
  );
}
