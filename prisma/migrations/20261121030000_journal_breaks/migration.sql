-- AlterTable
ALTER TABLE "node" ADD COLUMN     "journal_break_kind" TEXT,
ADD COLUMN     "journal_break_reason" TEXT,
ADD COLUMN     "journal_broken_at" TIMESTAMPTZ(3);

ALTER TABLE "node" ADD CONSTRAINT "node_journal_break_known" CHECK ("journal_break_kind" IN ('anew', 'missing', 'altered'));
