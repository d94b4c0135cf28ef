-- breaking: no
-- AlterTable
ALTER TABLE "cluster_latest" ADD COLUMN     "counter" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN     "leader_epoch" BIGINT NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "leader_epoch" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "epoch" BIGINT NOT NULL,

    CONSTRAINT "leader_epoch_pkey" PRIMARY KEY ("id")
);

-- By hand from here on: what schema.prisma cannot say.

-- One row: how often the leader lock was won. Only grows.
ALTER TABLE "leader_epoch" ADD CONSTRAINT "leader_epoch_one_row" CHECK ("id" = 1);
INSERT INTO "leader_epoch" ("id", "epoch") VALUES (1, 0);
