-- breaking: no
-- All settings of a cluster are one value (docs/decisions/0029), numbered so that of two changes at once the second is refused.
ALTER TABLE "cluster" ADD COLUMN "policy" JSONB NOT NULL DEFAULT '{}', ADD COLUMN "policy_version" INTEGER NOT NULL DEFAULT 1;

-- For one release the columns of before and the value are kept in step, whichever of the two a program writes.
CREATE FUNCTION "cluster_policy_in_step"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  wrote_columns boolean;
BEGIN
  IF TG_OP = 'INSERT' THEN
    wrote_columns := NEW.policy = '{}'::jsonb;
  ELSE
    wrote_columns := NEW.policy = OLD.policy
      AND (NEW.jurisdictions, NEW.rto_objective_seconds, NEW.rpo_objective_seconds, NEW.approvals_required)
        IS DISTINCT FROM (OLD.jurisdictions, OLD.rto_objective_seconds, OLD.rpo_objective_seconds, OLD.approvals_required);
    IF NEW.policy = OLD.policy AND NOT wrote_columns THEN
      RETURN NEW;
    END IF;
  END IF;
  IF wrote_columns THEN
    NEW.policy := jsonb_build_object('environment', 'production') || NEW.policy || jsonb_build_object(
      'jurisdictions', to_jsonb(coalesce(NEW.jurisdictions, '{}')), 'rtoObjectiveSeconds', NEW.rto_objective_seconds,
      'rpoObjectiveSeconds', NEW.rpo_objective_seconds, 'approvalsRequired', NEW.approvals_required);
    IF TG_OP = 'UPDATE' THEN
      NEW.policy_version := OLD.policy_version + 1;
    END IF;
  ELSE
    NEW.jurisdictions := ARRAY(SELECT jsonb_array_elements_text(coalesce(NEW.policy->'jurisdictions', '[]')));
    NEW.rto_objective_seconds := (NEW.policy->>'rtoObjectiveSeconds')::integer;
    NEW.rpo_objective_seconds := (NEW.policy->>'rpoObjectiveSeconds')::integer;
    NEW.approvals_required := (NEW.policy->>'approvalsRequired')::integer;
  END IF;
  RETURN NEW;
END $$;

UPDATE "cluster" SET "policy" = jsonb_build_object('environment', 'production', 'jurisdictions', to_jsonb(coalesce("jurisdictions", '{}')),
  'rtoObjectiveSeconds', "rto_objective_seconds", 'rpoObjectiveSeconds', "rpo_objective_seconds", 'approvalsRequired', "approvals_required");

CREATE TRIGGER "cluster_policy_in_step" BEFORE INSERT OR UPDATE ON "cluster" FOR EACH ROW EXECUTE FUNCTION "cluster_policy_in_step"();

-- A change that does not count itself could overwrite another unseen. (Triggers of one event run in the order of their names.)
CREATE FUNCTION "cluster_policy_is_numbered"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.policy IS DISTINCT FROM OLD.policy) <> (NEW.policy_version = OLD.policy_version + 1)
     OR NEW.policy_version NOT IN (OLD.policy_version, OLD.policy_version + 1) THEN
    RAISE EXCEPTION 'a change of the settings of cluster % must raise their version by one', OLD.slug USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "cluster_policy_is_numbered" BEFORE UPDATE ON "cluster" FOR EACH ROW EXECUTE FUNCTION "cluster_policy_is_numbered"();

-- What the database itself enforces.
ALTER TABLE "cluster"
  ADD COLUMN "environment" TEXT GENERATED ALWAYS AS ("policy"->>'environment') STORED,
  ADD COLUMN "approvals_default" INTEGER GENERATED ALWAYS AS (("policy"->>'approvalsRequired')::integer) STORED,
  ADD CONSTRAINT "cluster_environment_is_known" CHECK ("environment" IS NOT NULL AND "environment" IN ('production', 'staging', 'test', 'lab')),
  ADD CONSTRAINT "cluster_approvals_are_a_number" CHECK ("approvals_default" IS NOT NULL AND "approvals_default" >= 0);

-- Whoever inserts a request, its state and how many must approve follow from the cluster's policy and the kind of the operation.
CREATE OR REPLACE FUNCTION "operation_begins"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT coalesce((c.policy->'approvalsByKind'->>NEW.kind)::integer, c.approvals_default) INTO STRICT NEW.approvals_required
    FROM public.cluster c WHERE c.id = NEW.cluster_id;
  NEW.state := CASE WHEN NEW.approvals_required > 0 THEN 'awaiting-approval' ELSE 'queued' END;
  RETURN NEW;
END $$;
