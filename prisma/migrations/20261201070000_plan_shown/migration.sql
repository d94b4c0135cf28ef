-- breaking: no
-- A plan that nobody requests is deleted a day after it was last shown; the same plan shown again must live from then on.
ALTER TABLE "plan" ADD COLUMN "shown_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP;
DROP INDEX "plan_created_at_idx";
CREATE INDEX "plan_shown_at_idx" ON "plan"("shown_at");

-- What was planned stays immutable. A release before this one never sets the column: its plans live a day from their creation.
DROP TRIGGER "plan_immutable" ON "plan";
CREATE TRIGGER "plan_immutable" BEFORE UPDATE OF "id", "cluster_id", "hash", "kind", "body", "created_at", "created_by" ON "plan"
  FOR EACH STATEMENT EXECUTE FUNCTION "record_is_append_only"();
