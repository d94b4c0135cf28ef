-- breaking: no
-- The leader computes what the slots and archive pages show, with the view (docs/decisions/0030). NULL: not computed yet.
ALTER TABLE "cluster_latest" ADD COLUMN "slot_board" JSONB, ADD COLUMN "archive_board" JSONB;
