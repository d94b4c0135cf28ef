-- breaking: no
-- The agents' journals by month of receipt. What is there becomes the partition of the present month and of all before it: nothing is copied.
DROP TRIGGER "agent_journal_append_only" ON "agent_journal";
-- A clock that was ahead dated rows after this month: they were not received later than now.
UPDATE "agent_journal" SET "received_at" = now()
  WHERE "received_at" AT TIME ZONE 'UTC' >= date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month';

ALTER TABLE "agent_journal" RENAME TO "agent_journal_before";
ALTER TABLE "agent_journal_before" DROP CONSTRAINT "agent_journal_pkey", DROP CONSTRAINT "agent_journal_node_id_fkey";

-- CreateTable
CREATE TABLE "agent_journal" (
    "node_id" INTEGER NOT NULL,
    "sequence" BIGINT NOT NULL,
    "text" TEXT NOT NULL,
    "prev_hash" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "agent_journal_pkey" PRIMARY KEY ("node_id","sequence","received_at")
) PARTITION BY RANGE ("received_at");

-- AddForeignKey
ALTER TABLE "agent_journal" ADD CONSTRAINT "agent_journal_node_id_fkey" FOREIGN KEY ("node_id") REFERENCES "node"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

CREATE TRIGGER "agent_journal_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "agent_journal"
  FOR EACH STATEMENT EXECUTE FUNCTION "record_is_append_only"();

-- A year ahead, so that a controller of the release before, which makes none, can go on beside this one or after a rollback.
DO $$
DECLARE
  month timestamp := date_trunc('month', now() AT TIME ZONE 'UTC');
  partition text;
  bound text := 'YYYY-MM-DD"T00:00:00Z"';
BEGIN
  FOR ahead IN 0..12 LOOP
    partition := 'agent_journal_' || to_char(month, 'YYYYMM');
    IF ahead = 0 THEN
      EXECUTE format('ALTER TABLE agent_journal_before RENAME TO %I', partition);
      EXECUTE format('ALTER TABLE agent_journal ATTACH PARTITION %I FOR VALUES FROM (MINVALUE) TO (%L)',
        partition, to_char(month + interval '1 month', bound));
    ELSE
      EXECUTE format('CREATE TABLE %I PARTITION OF agent_journal FOR VALUES FROM (%L) TO (%L)',
        partition, to_char(month, bound), to_char(month + interval '1 month', bound));
    END IF;
    -- The parent's does not hold for who writes to a partition by its name.
    EXECUTE format('CREATE TRIGGER agent_journal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I '
      'FOR EACH STATEMENT EXECUTE FUNCTION record_is_append_only()', partition);
    month := month + interval '1 month';
  END LOOP;
END $$;

-- CreateTable
CREATE TABLE "agent_journal_pruned" (
    "node_id" INTEGER NOT NULL,
    "sequence" BIGINT NOT NULL,
    "hash" TEXT NOT NULL,
    "pruned_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "agent_journal_pruned_pkey" PRIMARY KEY ("node_id")
);

-- AddForeignKey
ALTER TABLE "agent_journal_pruned" ADD CONSTRAINT "agent_journal_pruned_node_id_fkey" FOREIGN KEY ("node_id") REFERENCES "node"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
