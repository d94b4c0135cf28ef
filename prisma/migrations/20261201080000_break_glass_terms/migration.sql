-- breaking: no
-- The last promotion by an agent's own command line, as its chained journal has it (docs/decisions/0032).
ALTER TABLE "node" ADD COLUMN "break_glass_term" INTEGER, ADD COLUMN "break_glass_at" TIMESTAMPTZ(3);
