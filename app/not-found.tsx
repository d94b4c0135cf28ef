import { NotFoundScreen } from '@/components/shell/not-found-screen.tsx';

export const metadata = { title: 'Not found' };

export default function NotFound() {
  return (
    <NotFoundScreen
      of="overview"
      words={{
        title: 'There is no such page',
        why: 'The address may be mistyped, or its object was retired. All clusters you may see are on the clusters page.',
      }}
    />
  );
}
