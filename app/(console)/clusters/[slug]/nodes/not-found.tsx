import { NotFoundScreen } from '@/components/shell/not-found-screen.tsx';

export default function NodeNotFound() {
  return (
    <NotFoundScreen
      title="There is no node with this name in this cluster"
      to="clusters"
      why="It may have been retired, or the address is mistyped. The page of its cluster lists every node that is registered."
    />
  );
}
