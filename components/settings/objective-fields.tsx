import { Choice } from '../ui/choice.tsx';
import { Field } from '../ui/field.tsx';
import { OBJECTIVE_UNITS, objectiveParts, objectiveSeconds } from './objective.ts';

/** RTO and RPO. Empty = none is promised. */
export function ObjectiveFields({ rtoSeconds, rpoSeconds }: { rtoSeconds: number | null; rpoSeconds: number | null }) {
  return (
    <>
      <ObjectiveField
        name="rto"
        label="RTO: back in service within"
        seconds={rtoSeconds}
        hint="How long a recovery may take. Empty: nothing is promised."
      />
      <ObjectiveField
        name="rpo"
        label="RPO: lose at most"
        seconds={rpoSeconds}
        hint="How much of the newest work may be lost. 0 seconds: nothing acknowledged. Empty: nothing is promised."
      />
    </>
  );
}

function ObjectiveField({ name, label, seconds, hint }: { name: string; label: string; seconds: number | null; hint: string }) {
  const { amount, unit } = objectiveParts(seconds);
  return (
    <div>
      <div className="grid grid-cols-[1fr_9rem] gap-3">
        <Field label={label} name={name} defaultValue={amount} inputMode="numeric" placeholder="none" autoComplete="off" maxLength={9} />
        <Choice label="Unit" aria-label={`Unit of ${label}`} name={`${name}Unit`} defaultValue={unit} choices={OBJECTIVE_UNITS} />
      </div>
      <p className="mt-1 text-xs text-muted">{hint}</p>
    </div>
  );
}

/** What the two fields say, or a sentence. */
export function readObjectives(form: FormData): { rtoObjectiveSeconds: number | null; rpoObjectiveSeconds: number | null } | string {
  const one = (name: string) => objectiveSeconds(String(form.get(name) ?? ''), String(form.get(`${name}Unit`) ?? ''));
  const [rto, rpo] = [one('rto'), one('rpo')];
  if (typeof rto === 'string') return rto;
  if (typeof rpo === 'string') return rpo;
  return { rtoObjectiveSeconds: rto, rpoObjectiveSeconds: rpo };
}
