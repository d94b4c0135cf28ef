import { NotFoundScreen } from '@/components/shell/not-found-screen.tsx';

export default function ClusterNotFound() {
  return <NotFoundScreen of="overview" />;
}
