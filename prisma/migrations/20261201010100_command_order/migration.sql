-- breaking: no
-- AlterTable
ALTER TABLE "agent_command" ADD COLUMN     "command_order" BIGINT;

-- CreateTable
CREATE TABLE "command_order" (
    "node_id" INTEGER NOT NULL,
    "reserved" BIGINT NOT NULL,

    CONSTRAINT "command_order_pkey" PRIMARY KEY ("node_id")
);

-- CreateIndex
CREATE UNIQUE INDEX "agent_command_node_id_command_order_key" ON "agent_command"("node_id", "command_order");

-- AddForeignKey
ALTER TABLE "command_order" ADD CONSTRAINT "command_order_node_id_fkey" FOREIGN KEY ("node_id") REFERENCES "node"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
