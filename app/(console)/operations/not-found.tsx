import { NotFoundScreen } from '@/components/shell/not-found-screen.tsx';

export default function OperationNotFound() {
  return (
    <NotFoundScreen
      title="There is no such operation"
      to="operations"
      why="No operation has this address. It may have been mistyped, or belong to another installation."
    />
  );
}
