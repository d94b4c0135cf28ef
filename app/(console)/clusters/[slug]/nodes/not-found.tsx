import { NotFoundScreen } from '@/components/shell/not-found-screen.tsx';

export default function NodeNotFound() {
  return <NotFoundScreen of="nodes" />;
}
