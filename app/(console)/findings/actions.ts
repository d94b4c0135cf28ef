'use server';
import type { ActionAnswer } from '@/components/forms/action-answer.ts';
import { acknowledgeFinding } from '@/lib/commands/finding/acknowledge.ts';
import { withdrawAcknowledgement } from '@/lib/commands/finding/withdraw.ts';
import { perform } from '../perform.ts';

export async function acknowledge(input: {
  findingId: string;
  reason: string;
  hours: number;
}): Promise<ActionAnswer<{ expiresAt: string }>> {
  return perform(async (context) => {
    const result = await acknowledgeFinding(context, input);
    return result.ok ? { ok: true, value: { expiresAt: result.value.expiresAt.toISOString() } } : result;
  }, '/findings');
}

export async function withdraw(input: { findingId: string }): Promise<ActionAnswer<{ ended: number }>> {
  return perform((context) => withdrawAcknowledgement(context, input), '/findings');
}
