-- AlterTable
ALTER TABLE "cluster" ADD COLUMN     "approvals_required" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "leadership" ADD COLUMN     "operation" UUID,
ADD COLUMN     "version" INTEGER NOT NULL DEFAULT 1,
ALTER COLUMN "holder" DROP NOT NULL,
ALTER COLUMN "timeline" DROP NOT NULL;

-- CreateTable
CREATE TABLE "leadership_change" (
    "id" SERIAL NOT NULL,
    "cluster_id" INTEGER NOT NULL,
    "version" INTEGER NOT NULL,
    "term" INTEGER NOT NULL,
    "holder" TEXT,
    "timeline" INTEGER,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "source" TEXT NOT NULL,
    "operation" UUID,

    CONSTRAINT "leadership_change_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "plan" (
    "id" UUID NOT NULL,
    "cluster_id" INTEGER NOT NULL,
    "hash" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "body" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" TEXT NOT NULL,

    CONSTRAINT "plan_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "operation" (
    "id" UUID NOT NULL,
    "cluster_id" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "plan_hash" TEXT NOT NULL,
    "plan" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "approvals_required" INTEGER NOT NULL,
    "requested_by" TEXT NOT NULL,
    "requested_by_user_id" INTEGER,
    "requested_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "reason" TEXT NOT NULL,
    "ticket" TEXT,
    "acknowledged_risks" TEXT[],
    "idempotency_key" TEXT,
    "started_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "outcome" TEXT,
    "measured" JSONB,
    "cancel_requested_at" TIMESTAMPTZ(3),
    "cancel_requested_by" TEXT,
    "release_requested_at" TIMESTAMPTZ(3),
    "release_requested_by" TEXT,
    "acknowledged_at" TIMESTAMPTZ(3),
    "acknowledged_by" TEXT,
    "acknowledgement" TEXT,

    CONSTRAINT "operation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "operation_event" (
    "operation_id" UUID NOT NULL,
    "sequence" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "kind" TEXT NOT NULL,
    "body" JSONB NOT NULL,

    CONSTRAINT "operation_event_pkey" PRIMARY KEY ("operation_id","sequence")
);

-- CreateTable
CREATE TABLE "operation_approval" (
    "id" SERIAL NOT NULL,
    "operation_id" UUID NOT NULL,
    "plan_hash" TEXT NOT NULL,
    "user_id" INTEGER NOT NULL,
    "by" TEXT NOT NULL,
    "decision" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "operation_approval_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "operation_artifact" (
    "id" SERIAL NOT NULL,
    "operation_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "content_type" TEXT NOT NULL,
    "body" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "operation_artifact_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "agent_command" (
    "id" UUID NOT NULL,
    "operation_id" UUID,
    "step" TEXT NOT NULL,
    "attempt" INTEGER NOT NULL,
    "node_id" INTEGER NOT NULL,
    "verb" TEXT NOT NULL,
    "term" INTEGER NOT NULL,
    "payload" TEXT NOT NULL,
    "signature" TEXT NOT NULL,
    "issued_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "delivered_at" TIMESTAMPTZ(3),
    "progress" JSONB,
    "result" JSONB,
    "resolved_at" TIMESTAMPTZ(3),

    CONSTRAINT "agent_command_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "agent_journal" (
    "node_id" INTEGER NOT NULL,
    "sequence" BIGINT NOT NULL,
    "text" TEXT NOT NULL,
    "prev_hash" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "agent_journal_pkey" PRIMARY KEY ("node_id","sequence")
);

-- CreateTable
CREATE TABLE "maintenance" (
    "id" SERIAL NOT NULL,
    "cluster_id" INTEGER NOT NULL,
    "node_name" TEXT,
    "owner" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "starts_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "ends_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "ended_by" TEXT,

    CONSTRAINT "maintenance_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "leadership_change_cluster_id_at_idx" ON "leadership_change"("cluster_id", "at");

-- CreateIndex
CREATE INDEX "plan_created_at_idx" ON "plan"("created_at");

-- CreateIndex
CREATE UNIQUE INDEX "plan_cluster_id_hash_key" ON "plan"("cluster_id", "hash");

-- CreateIndex
CREATE INDEX "operation_cluster_id_requested_at_idx" ON "operation"("cluster_id", "requested_at" DESC);

-- CreateIndex
CREATE INDEX "operation_requested_at_idx" ON "operation"("requested_at" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "operation_cluster_id_idempotency_key_key" ON "operation"("cluster_id", "idempotency_key");

-- CreateIndex
CREATE UNIQUE INDEX "operation_approval_operation_id_user_id_key" ON "operation_approval"("operation_id", "user_id");

-- CreateIndex
CREATE UNIQUE INDEX "operation_artifact_operation_id_name_key" ON "operation_artifact"("operation_id", "name");

-- CreateIndex
CREATE INDEX "agent_command_node_id_resolved_at_idx" ON "agent_command"("node_id", "resolved_at");

-- CreateIndex
CREATE INDEX "agent_command_issued_at_idx" ON "agent_command"("issued_at");

-- CreateIndex
CREATE UNIQUE INDEX "agent_command_operation_id_step_attempt_key" ON "agent_command"("operation_id", "step", "attempt");

-- CreateIndex
CREATE INDEX "maintenance_cluster_id_ends_at_idx" ON "maintenance"("cluster_id", "ends_at");

-- AddForeignKey
ALTER TABLE "plan" ADD CONSTRAINT "plan_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "cluster"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "operation" ADD CONSTRAINT "operation_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "cluster"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "operation_event" ADD CONSTRAINT "operation_event_operation_id_fkey" FOREIGN KEY ("operation_id") REFERENCES "operation"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "operation_approval" ADD CONSTRAINT "operation_approval_operation_id_fkey" FOREIGN KEY ("operation_id") REFERENCES "operation"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "operation_artifact" ADD CONSTRAINT "operation_artifact_operation_id_fkey" FOREIGN KEY ("operation_id") REFERENCES "operation"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "agent_command" ADD CONSTRAINT "agent_command_operation_id_fkey" FOREIGN KEY ("operation_id") REFERENCES "operation"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "agent_command" ADD CONSTRAINT "agent_command_node_id_fkey" FOREIGN KEY ("node_id") REFERENCES "node"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "agent_journal" ADD CONSTRAINT "agent_journal_node_id_fkey" FOREIGN KEY ("node_id") REFERENCES "node"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "maintenance" ADD CONSTRAINT "maintenance_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "cluster"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- One operation that has not ended for each cluster.
CREATE UNIQUE INDEX "operation_one_at_a_time" ON "operation"("cluster_id")
  WHERE "state" IN ('awaiting-approval', 'queued', 'running', 'rolling-back', 'held');

-- What was recorded stays as it was, whoever asks.
CREATE FUNCTION "record_is_append_only"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER "operation_event_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "operation_event"
  FOR EACH STATEMENT EXECUTE FUNCTION "record_is_append_only"();
CREATE TRIGGER "operation_approval_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "operation_approval"
  FOR EACH STATEMENT EXECUTE FUNCTION "record_is_append_only"();
CREATE TRIGGER "agent_journal_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "agent_journal"
  FOR EACH STATEMENT EXECUTE FUNCTION "record_is_append_only"();
CREATE TRIGGER "leadership_change_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "leadership_change"
  FOR EACH STATEMENT EXECUTE FUNCTION "record_is_append_only"();
-- Plans may be forgotten after a while (an operation keeps its own copy), but not changed.
CREATE TRIGGER "plan_immutable" BEFORE UPDATE ON "plan" FOR EACH STATEMENT EXECUTE FUNCTION "record_is_append_only"();

-- Whoever inserts a request, its state and how many must approve follow from the cluster's policy.
CREATE FUNCTION "operation_begins"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT c.approvals_required INTO STRICT NEW.approvals_required FROM public.cluster c WHERE c.id = NEW.cluster_id;
  NEW.state := CASE WHEN NEW.approvals_required > 0 THEN 'awaiting-approval' ELSE 'queued' END;
  RETURN NEW;
END $$;
CREATE TRIGGER "operation_begins" BEFORE INSERT ON "operation" FOR EACH ROW EXECUTE FUNCTION "operation_begins"();

-- What was asked for never changes, what has ended stays ended, and nothing runs without its approvals.
CREATE FUNCTION "operation_moves"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  approved integer;
BEGIN
  IF (NEW.id, NEW.cluster_id, NEW.kind, NEW.plan_hash, NEW.plan, NEW.approvals_required, NEW.requested_by, NEW.requested_by_user_id,
      NEW.requested_at, NEW.reason, NEW.ticket, NEW.acknowledged_risks, NEW.idempotency_key)
     IS DISTINCT FROM
     (OLD.id, OLD.cluster_id, OLD.kind, OLD.plan_hash, OLD.plan, OLD.approvals_required, OLD.requested_by, OLD.requested_by_user_id,
      OLD.requested_at, OLD.reason, OLD.ticket, OLD.acknowledged_risks, OLD.idempotency_key) THEN
    RAISE EXCEPTION 'what operation % was asked to do can not be changed', OLD.id USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF OLD.state IN ('done', 'rolled-back', 'cancelled', 'refused', 'failed') AND NEW.state <> OLD.state THEN
    RAISE EXCEPTION 'operation % has ended as %', OLD.id, OLD.state USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NEW.state <> OLD.state AND NEW.state IN ('queued', 'running') AND OLD.state = 'awaiting-approval' THEN
    SELECT count(*) INTO approved FROM public.operation_approval a
     WHERE a.operation_id = NEW.id AND a.decision = 'approved' AND a.plan_hash = NEW.plan_hash;
    IF approved < NEW.approvals_required THEN
      RAISE EXCEPTION 'operation % has % of % approvals', NEW.id, approved, NEW.approvals_required USING ERRCODE = 'insufficient_privilege';
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "operation_moves" BEFORE UPDATE ON "operation" FOR EACH ROW EXECUTE FUNCTION "operation_moves"();

-- Who requests does not approve, and an approval is for one plan.
CREATE FUNCTION "operation_is_approved"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  asked public.operation%ROWTYPE;
BEGIN
  SELECT * INTO STRICT asked FROM public.operation o WHERE o.id = NEW.operation_id FOR SHARE;
  IF asked.state <> 'awaiting-approval' THEN
    RAISE EXCEPTION 'operation % does not wait for approval: it is %', asked.id, asked.state USING ERRCODE = 'check_violation';
  END IF;
  -- Quoted: PL/pgSQL does not find a field by the name of its own keyword.
  IF asked.requested_by_user_id = NEW.user_id OR asked.requested_by = NEW."by" THEN
    RAISE EXCEPTION 'the one who requested operation % can not approve it', asked.id USING ERRCODE = 'check_violation';
  END IF;
  IF asked.plan_hash <> NEW.plan_hash THEN
    RAISE EXCEPTION 'operation % has another plan than the one approved', asked.id USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.decision NOT IN ('approved', 'rejected') THEN
    RAISE EXCEPTION 'a decision is approved or rejected' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "operation_is_approved" BEFORE INSERT ON "operation_approval" FOR EACH ROW EXECUTE FUNCTION "operation_is_approved"();

-- Terms only grow, also for somebody with a psql; every change leaves a row.
CREATE FUNCTION "leadership_moves"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND (NEW.term < OLD.term OR (NEW.term = OLD.term AND OLD.holder IS NOT NULL AND NEW.holder IS DISTINCT FROM OLD.holder)) THEN
    RAISE EXCEPTION 'term % of cluster % belongs to %', OLD.term, OLD.cluster_id, OLD.holder USING ERRCODE = 'insufficient_privilege';
  END IF;
  INSERT INTO public.leadership_change (cluster_id, version, term, holder, timeline, at, source, operation)
    VALUES (NEW.cluster_id, NEW.version, NEW.term, NEW.holder, NEW.timeline, clock_timestamp(), NEW.source, NEW.operation);
  RETURN NEW;
END $$;
CREATE TRIGGER "leadership_moves" BEFORE INSERT OR UPDATE ON "leadership" FOR EACH ROW EXECUTE FUNCTION "leadership_moves"();

-- Notices: an operation's id to whoever shows or drives it; `node:ID` to whoever holds a long poll of that node, `done:ID` when a command
-- is resolved.
CREATE FUNCTION "notify_operation"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('farshore_operation', NEW.id::text);
  RETURN NULL;
END $$;
CREATE TRIGGER "operation_changed" AFTER INSERT OR UPDATE ON "operation" FOR EACH ROW EXECUTE FUNCTION "notify_operation"();
CREATE FUNCTION "notify_operation_part"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('farshore_operation', NEW.operation_id::text);
  RETURN NULL;
END $$;
CREATE TRIGGER "operation_event_added" AFTER INSERT ON "operation_event" FOR EACH ROW EXECUTE FUNCTION "notify_operation_part"();
CREATE TRIGGER "operation_approval_added" AFTER INSERT ON "operation_approval" FOR EACH ROW EXECUTE FUNCTION "notify_operation_part"();
CREATE FUNCTION "notify_command"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN PERFORM pg_notify('farshore_command', 'node:' || NEW.node_id);
  ELSIF OLD.resolved_at IS NULL AND NEW.resolved_at IS NOT NULL THEN PERFORM pg_notify('farshore_command', 'done:' || NEW.id);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER "agent_command_changed" AFTER INSERT OR UPDATE ON "agent_command" FOR EACH ROW EXECUTE FUNCTION "notify_command"();
