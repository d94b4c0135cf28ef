-- CreateTable
CREATE TABLE "cluster" (
    "id" SERIAL NOT NULL,
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "jurisdictions" TEXT[],
    "rto_objective_seconds" INTEGER,
    "rpo_objective_seconds" INTEGER,
    "system_identifier" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "retired_at" TIMESTAMPTZ(3),

    CONSTRAINT "cluster_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "node" (
    "id" SERIAL NOT NULL,
    "uuid" UUID NOT NULL,
    "cluster_id" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "provider" TEXT NOT NULL,
    "region" TEXT NOT NULL,
    "zone" TEXT NOT NULL,
    "jurisdiction" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "enrolled_at" TIMESTAMPTZ(3),
    "retired_at" TIMESTAMPTZ(3),

    CONSTRAINT "node_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "node_identity" (
    "node_id" INTEGER NOT NULL,
    "generation" INTEGER NOT NULL,
    "fingerprint_sha256" TEXT NOT NULL,
    "previous_sha256" TEXT,
    "not_after" TIMESTAMPTZ(3) NOT NULL,
    "instance_id" UUID,
    "superseded_instance" UUID,
    "locked_at" TIMESTAMPTZ(3),
    "lock_reason" TEXT,

    CONSTRAINT "node_identity_pkey" PRIMARY KEY ("node_id")
);

-- CreateTable
CREATE TABLE "join_token" (
    "id" SERIAL NOT NULL,
    "secret_hash" TEXT NOT NULL,
    "node_id" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "join_token_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "node_latest" (
    "node_id" INTEGER NOT NULL,
    "observed_at" TIMESTAMPTZ(3) NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL,
    "sequence" BIGINT NOT NULL,
    "agent_version" TEXT NOT NULL,
    "observation" JSONB NOT NULL,
    "facts" JSONB,
    "facts_at" TIMESTAMPTZ(3),

    CONSTRAINT "node_latest_pkey" PRIMARY KEY ("node_id")
);

-- CreateTable
CREATE TABLE "sample" (
    "node_id" INTEGER NOT NULL,
    "observed_at" TIMESTAMPTZ(3) NOT NULL,
    "sequence" BIGINT NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL,
    "server_state" TEXT NOT NULL,
    "in_recovery" BOOLEAN,
    "timeline" INTEGER,
    "flush_lsn" BIGINT,
    "receive_lsn" BIGINT,
    "replay_lsn" BIGINT,
    "transport_lag_bytes" BIGINT,
    "apply_lag_bytes" BIGINT,
    "lag_ms" INTEGER,
    "commit_ms" REAL,
    "wal_bytes_per_second" BIGINT,
    "slot_retained_bytes" BIGINT,
    "data_free_bytes" BIGINT,
    "wal_free_bytes" BIGINT,
    "wal_directory_bytes" BIGINT,
    "archive_ready_count" INTEGER,
    "archive_failed_count" BIGINT,
    "connections_used" INTEGER,
    "clock_offset_ms" INTEGER,
    "stored_xact" BIGINT NOT NULL,

    CONSTRAINT "sample_pkey" PRIMARY KEY ("node_id","observed_at")
) PARTITION BY RANGE ("observed_at");

-- CreateTable
CREATE TABLE "sample_tier" (
    "tier" INTEGER NOT NULL,
    "node_id" INTEGER NOT NULL,
    "bucket_at" TIMESTAMPTZ(0) NOT NULL,
    "samples" INTEGER NOT NULL,
    "timeline_last" INTEGER,
    "flush_lsn_last" BIGINT,
    "replay_lsn_last" BIGINT,
    "transport_lag_bytes_min" BIGINT,
    "transport_lag_bytes_max" BIGINT,
    "apply_lag_bytes_min" BIGINT,
    "apply_lag_bytes_max" BIGINT,
    "lag_ms_min" INTEGER,
    "lag_ms_max" INTEGER,
    "lag_ms_last" INTEGER,
    "commit_ms_max" REAL,
    "wal_bytes_per_second_avg" BIGINT,
    "wal_bytes_per_second_max" BIGINT,
    "slot_retained_bytes_max" BIGINT,
    "data_free_bytes_min" BIGINT,
    "wal_free_bytes_min" BIGINT,
    "archive_ready_count_max" INTEGER,
    "connections_used_max" INTEGER,

    CONSTRAINT "sample_tier_pkey" PRIMARY KEY ("tier","node_id","bucket_at")
) PARTITION BY LIST ("tier");

-- CreateTable
CREATE TABLE "tier_progress" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "rolled_xact" BIGINT NOT NULL,
    "rolled_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "tier_progress_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "cluster_latest" (
    "cluster_id" INTEGER NOT NULL,
    "computed_at" TIMESTAMPTZ(3) NOT NULL,
    "view" JSONB NOT NULL,

    CONSTRAINT "cluster_latest_pkey" PRIMARY KEY ("cluster_id")
);

-- CreateTable
CREATE TABLE "leadership" (
    "cluster_id" INTEGER NOT NULL,
    "term" INTEGER NOT NULL,
    "holder" TEXT NOT NULL,
    "timeline" INTEGER NOT NULL,
    "since" TIMESTAMPTZ(3) NOT NULL,
    "source" TEXT NOT NULL,

    CONSTRAINT "leadership_pkey" PRIMARY KEY ("cluster_id")
);

-- CreateTable
CREATE TABLE "finding" (
    "id" UUID NOT NULL,
    "cluster_id" INTEGER NOT NULL,
    "code" TEXT NOT NULL,
    "node_name" TEXT,
    "subject" TEXT,
    "severity" TEXT NOT NULL,
    "summary" TEXT NOT NULL,
    "evidence" JSONB NOT NULL,
    "since" TIMESTAMPTZ(3) NOT NULL,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "resolved_at" TIMESTAMPTZ(3),

    CONSTRAINT "finding_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "rpo_period" (
    "id" SERIAL NOT NULL,
    "cluster_id" INTEGER NOT NULL,
    "state" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "bound_seconds_max" DOUBLE PRECISION,
    "reason" TEXT NOT NULL,

    CONSTRAINT "rpo_period_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "app_user" (
    "id" SERIAL NOT NULL,
    "email" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "password_hash" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "disabled_at" TIMESTAMPTZ(3),
    "failed_logins" INTEGER NOT NULL DEFAULT 0,
    "locked_until" TIMESTAMPTZ(3),

    CONSTRAINT "app_user_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "user_session" (
    "id" UUID NOT NULL,
    "user_id" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "user_session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_token" (
    "id" SERIAL NOT NULL,
    "name" TEXT NOT NULL,
    "secret_hash" TEXT NOT NULL,
    "permissions" TEXT[],
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_token_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_event" (
    "sequence" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "actor" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "outcome" TEXT NOT NULL,
    "body" TEXT NOT NULL,
    "prev_hash" TEXT NOT NULL,
    "hash" TEXT NOT NULL,

    CONSTRAINT "audit_event_pkey" PRIMARY KEY ("sequence")
);

-- CreateTable
CREATE TABLE "controller_instance" (
    "id" UUID NOT NULL,
    "host" TEXT NOT NULL,
    "version" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "heartbeat_at" TIMESTAMPTZ(3) NOT NULL,
    "leader" BOOLEAN NOT NULL,

    CONSTRAINT "controller_instance_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "cluster_slug_key" ON "cluster"("slug");

-- CreateIndex
CREATE UNIQUE INDEX "node_uuid_key" ON "node"("uuid");

-- CreateIndex
CREATE UNIQUE INDEX "node_cluster_id_name_key" ON "node"("cluster_id", "name");

-- CreateIndex
CREATE UNIQUE INDEX "node_identity_fingerprint_sha256_key" ON "node_identity"("fingerprint_sha256");

-- CreateIndex
CREATE UNIQUE INDEX "join_token_secret_hash_key" ON "join_token"("secret_hash");

-- CreateIndex
CREATE INDEX "sample_stored_xact_idx" ON "sample" USING BRIN ("stored_xact") WITH (autosummarize = on, pages_per_range = 32);

-- CreateIndex
CREATE INDEX "finding_cluster_id_resolved_at_idx" ON "finding"("cluster_id", "resolved_at");

-- CreateIndex
CREATE INDEX "rpo_period_cluster_id_started_at_idx" ON "rpo_period"("cluster_id", "started_at");

-- CreateIndex
CREATE UNIQUE INDEX "app_user_email_key" ON "app_user"("email");

-- CreateIndex
CREATE INDEX "user_session_user_id_idx" ON "user_session"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "api_token_secret_hash_key" ON "api_token"("secret_hash");

-- AddForeignKey
ALTER TABLE "node" ADD CONSTRAINT "node_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "cluster"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "node_identity" ADD CONSTRAINT "node_identity_node_id_fkey" FOREIGN KEY ("node_id") REFERENCES "node"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "join_token" ADD CONSTRAINT "join_token_node_id_fkey" FOREIGN KEY ("node_id") REFERENCES "node"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "node_latest" ADD CONSTRAINT "node_latest_node_id_fkey" FOREIGN KEY ("node_id") REFERENCES "node"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "cluster_latest" ADD CONSTRAINT "cluster_latest_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "cluster"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "leadership" ADD CONSTRAINT "leadership_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "cluster"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "finding" ADD CONSTRAINT "finding_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "cluster"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "rpo_period" ADD CONSTRAINT "rpo_period_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "cluster"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_session" ADD CONSTRAINT "user_session_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "app_user"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- By hand from here on: what schema.prisma cannot say.

-- One branch a tier, each cut by time. The partitions themselves are made ahead by the controller (lib/db/partitions.ts).
CREATE TABLE "sample_tier_10" PARTITION OF "sample_tier" FOR VALUES IN (10) PARTITION BY RANGE ("bucket_at");
CREATE TABLE "sample_tier_60" PARTITION OF "sample_tier" FOR VALUES IN (60) PARTITION BY RANGE ("bucket_at");
CREATE TABLE "sample_tier_600" PARTITION OF "sample_tier" FOR VALUES IN (600) PARTITION BY RANGE ("bucket_at");

INSERT INTO "tier_progress" ("id", "rolled_xact", "rolled_at") VALUES (1, 0, CURRENT_TIMESTAMP);
ALTER TABLE "tier_progress" ADD CONSTRAINT "tier_progress_one_row" CHECK ("id" = 1);

-- Updated about once a second a node: kept in the row (never out of line, where each update would write TOAST chunks and leave
-- dead ones), compressed cheaply, and with room on the page so that the update is HOT. Measured: docs/measurements.md.
ALTER TABLE "node_latest" SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
ALTER TABLE "node_latest" ALTER COLUMN "observation" SET STORAGE MAIN;
ALTER TABLE "cluster_latest" SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
ALTER TABLE "cluster_latest" ALTER COLUMN "view" SET STORAGE MAIN;
-- A server built without lz4 keeps its own default, which works and costs more CPU.
DO $$
BEGIN
  ALTER TABLE "node_latest" ALTER COLUMN "observation" SET COMPRESSION lz4, ALTER COLUMN "facts" SET COMPRESSION lz4;
  ALTER TABLE "cluster_latest" ALTER COLUMN "view" SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
  RAISE NOTICE 'this server has no lz4: the default compression stays';
END $$;

-- Closed lists and shapes hold for every writer, also for one that bypasses the code.
ALTER TABLE "cluster" ADD CONSTRAINT "cluster_slug_shape" CHECK ("slug" ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$');
ALTER TABLE "node" ADD CONSTRAINT "node_name_shape" CHECK ("name" ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$');
ALTER TABLE "app_user" ADD CONSTRAINT "app_user_role_known" CHECK ("role" IN ('viewer', 'auditor', 'operator', 'approver', 'admin'));
ALTER TABLE "app_user" ADD CONSTRAINT "app_user_email_lower" CHECK ("email" = lower("email"));
ALTER TABLE "finding" ADD CONSTRAINT "finding_severity_known" CHECK ("severity" IN ('critical', 'warning', 'info'));
ALTER TABLE "rpo_period" ADD CONSTRAINT "rpo_period_state_known" CHECK ("state" IN ('guaranteed-zero', 'best-effort', 'unknown'));
ALTER TABLE "leadership" ADD CONSTRAINT "leadership_term_positive" CHECK ("term" > 0);

-- A finding is open once. NULLS NOT DISTINCT needs PostgreSQL 15, so a missing node or subject counts as the empty text.
CREATE UNIQUE INDEX "finding_open_key" ON "finding" ("cluster_id", "code", coalesce("node_name", ''), coalesce("subject", ''))
  WHERE "resolved_at" IS NULL;
CREATE UNIQUE INDEX "rpo_period_open_key" ON "rpo_period" ("cluster_id") WHERE "ended_at" IS NULL;

-- The audit log: append-only for everybody, and written only through audit_append.
CREATE FUNCTION "audit_event_is_append_only"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit_event is append-only: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER "audit_event_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_event"
  FOR EACH STATEMENT EXECUTE FUNCTION "audit_event_is_append_only"();
-- Also for sessions that replay replicated changes, which skip ordinary triggers.
ALTER TABLE "audit_event" ENABLE ALWAYS TRIGGER "audit_event_append_only";

-- Appends one event and returns its sequence number. The lock is held until the transaction of the caller ends, so that numbers have
-- no gap: a caller that rolls back gives its number to the next one. The hashed text is RFC 8785 JSON of the other columns,
-- after the previous hash. The verifier in lib/audit/verify.ts builds the same text. `body` must be RFC 8785 JSON already.
CREATE FUNCTION "audit_append"("at" timestamptz, "actor" text, "action" text, "subject" text, "outcome" text, "body" text)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  event_at timestamptz(3) := "at";
  last_sequence bigint;
  last_hash text;
  hashed text;
BEGIN
  PERFORM pg_advisory_xact_lock(72707370);
  SELECT e.sequence, e.hash INTO last_sequence, last_hash FROM public.audit_event e ORDER BY e.sequence DESC LIMIT 1;
  last_sequence := coalesce(last_sequence, 0) + 1;
  last_hash := coalesce(last_hash, repeat('0', 64));
  hashed := last_hash
    || '{"action":' || to_json("action")::text
    || ',"actor":' || to_json("actor")::text
    || ',"at":"' || to_char(event_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '"'
    || ',"body":' || to_json("body")::text
    || ',"outcome":' || to_json("outcome")::text
    || ',"sequence":' || last_sequence
    || ',"subject":' || to_json("subject")::text || '}';
  INSERT INTO public.audit_event VALUES (last_sequence, event_at, "actor", "action", "subject", "outcome", "body", last_hash,
    encode(sha256(convert_to(hashed, 'UTF8')), 'hex'));
  RETURN last_sequence;
END $$;
REVOKE ALL ON FUNCTION "audit_append"(timestamptz, text, text, text, text, text) FROM PUBLIC;

-- Every controller keeps the fleet in memory and reads it anew when somebody changed it, whoever that was.
CREATE FUNCTION "notify_fleet_changed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('farshore_fleet', TG_TABLE_NAME);
  RETURN NULL;
END $$;
CREATE TRIGGER "cluster_changed" AFTER INSERT OR UPDATE OR DELETE ON "cluster" FOR EACH STATEMENT EXECUTE FUNCTION "notify_fleet_changed"();
CREATE TRIGGER "node_changed" AFTER INSERT OR UPDATE OR DELETE ON "node" FOR EACH STATEMENT EXECUTE FUNCTION "notify_fleet_changed"();
CREATE TRIGGER "node_identity_changed" AFTER INSERT OR UPDATE OR DELETE ON "node_identity" FOR EACH STATEMENT EXECUTE FUNCTION "notify_fleet_changed"();
