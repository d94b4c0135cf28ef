import type { PlanPreview } from '../../lib/domain/operation/answers/answers.ts';
import { comparePlans } from '../../lib/domain/operation/outlook/difference.ts';
import type { Plan } from '../../lib/domain/operation/model.ts';
import { Button } from '../ui/button.tsx';

/** Shows what changed in the cluster since the plan was shown, with a link to the new plan. */
export function PlanChanged({ seen, now, onShow }: { seen: Plan; now: PlanPreview; onShow: () => void }) {
  const sentences = now.plan === null ? now.impossible : comparePlans(seen, now.plan).sentences;
  return (
    <div role="alert" className="rounded-lg border border-warn bg-warn-soft px-5 py-4">
      <h2 className="font-semibold text-warn">The cluster has changed since this plan was made</h2>
      <ul className="name mt-1.5 list-disc space-y-1 pl-5 text-[13px]">
        {sentences.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      <p className="mt-2 text-[13px]">
        {now.plan === null
          ? 'This plan is no longer possible. Below is the plan as it was.'
          : 'Below is the plan as it was; it can’t be started any more.'}
      </p>
      <Button size="small" className="mt-3" onClick={onShow}>
        {now.plan === null ? 'Show why' : 'Show the new plan'}
      </Button>
    </div>
  );
}
