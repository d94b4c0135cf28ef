import { NotFoundScreen } from '@/components/shell/not-found-screen.tsx';

export default function ClusterNotFound() {
  return (
    <NotFoundScreen
      title="There is no cluster with this name"
      to="clusters"
      why="It may have been retired, or the address is mistyped. The clusters page lists every cluster that Farshore watches."
    />
  );
}
