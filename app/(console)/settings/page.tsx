import { redirect } from 'next/navigation';
import { screensAt } from '@/lib/domain/screens/screens.ts';

export default function SettingsPage() {
  redirect(screensAt('settings')[0]!.path);
}
