import { NotFoundScreen } from '@/components/shell/not-found-screen.tsx';

export default function OperationNotFound() {
  return <NotFoundScreen of="operations" />;
}
