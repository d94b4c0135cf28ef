-- AlterTable
ALTER TABLE "controller_instance" ADD COLUMN     "report" JSONB;

-- CreateTable
CREATE TABLE "finding_acknowledgement" (
    "id" SERIAL NOT NULL,
    "cluster_id" INTEGER NOT NULL,
    "code" TEXT NOT NULL,
    "node_name" TEXT,
    "subject" TEXT,
    "severity" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "by" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "ended_by" TEXT,

    CONSTRAINT "finding_acknowledgement_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "node_event" (
    "id" SERIAL NOT NULL,
    "node_id" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "kind" TEXT NOT NULL,
    "detail" JSONB NOT NULL,

    CONSTRAINT "node_event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "installation" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "ca_fingerprint" TEXT NOT NULL,
    "gateway_url" TEXT NOT NULL,
    "gateway_names" TEXT[],
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "installation_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "finding_acknowledgement_cluster_id_expires_at_idx" ON "finding_acknowledgement"("cluster_id", "expires_at");

-- CreateIndex
CREATE INDEX "node_event_node_id_at_idx" ON "node_event"("node_id", "at" DESC);

-- CreateIndex
CREATE INDEX "node_event_at_idx" ON "node_event"("at");

-- CreateIndex
CREATE INDEX "finding_resolved_at_idx" ON "finding"("resolved_at");

-- AddForeignKey
ALTER TABLE "finding_acknowledgement" ADD CONSTRAINT "finding_acknowledgement_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "cluster"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "node_event" ADD CONSTRAINT "node_event_node_id_fkey" FOREIGN KEY ("node_id") REFERENCES "node"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- By hand from here on: what schema.prisma cannot say.

ALTER TABLE "installation" ADD CONSTRAINT "installation_one_row" CHECK ("id" = 1);
ALTER TABLE "node_event" ADD CONSTRAINT "node_event_kind_known" CHECK ("kind" IN ('role', 'timeline', 'state'));
ALTER TABLE "finding_acknowledgement" ADD CONSTRAINT "finding_acknowledgement_severity_known"
  CHECK ("severity" IN ('critical', 'warning', 'info'));
ALTER TABLE "finding_acknowledgement" ADD CONSTRAINT "finding_acknowledgement_ends" CHECK ("expires_at" > "at");
-- At most one at a time for each thing; a later one ends the earlier one. As with "finding_open_key", null counts as the empty text.
CREATE UNIQUE INDEX "finding_acknowledgement_key" ON "finding_acknowledgement"
  ("cluster_id", "code", coalesce("node_name", ''), coalesce("subject", '')) WHERE "ended_at" IS NULL;

-- Lifting a lock is all that a process which must not write identities (the web) may do to one. Returns the reason of the lock; null:
-- it was not locked.
CREATE FUNCTION "unlock_node_identity"("node" integer) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  reason text;
BEGIN
  SELECT coalesce(i.lock_reason, 'no reason was noted') INTO reason
    FROM public.node_identity i WHERE i.node_id = "node" AND i.locked_at IS NOT NULL FOR UPDATE;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  UPDATE public.node_identity i SET locked_at = NULL, lock_reason = NULL, instance_id = NULL, superseded_instance = NULL
    WHERE i.node_id = "node";
  RETURN reason;
END $$;
REVOKE ALL ON FUNCTION "unlock_node_identity"(integer) FROM PUBLIC;
