-- breaking: no
-- AlterTable
ALTER TABLE "api_token" ADD COLUMN     "cluster_permissions" JSONB NOT NULL DEFAULT '{}',
ADD COLUMN     "created_by" TEXT,
ADD COLUMN     "created_by_user_id" INTEGER;

-- AlterTable
ALTER TABLE "app_user" ADD COLUMN     "cluster_roles" JSONB NOT NULL DEFAULT '{}';

-- By hand from here on: what schema.prisma cannot say.

-- `role` and `permissions` hold on the whole fleet. Who holds something on single clusters only has `none`, and no permissions, there:
-- a process of the release before, which reads nothing else, lets them do nothing at all.
ALTER TABLE "app_user" DROP CONSTRAINT "app_user_role_known";
ALTER TABLE "app_user" ADD CONSTRAINT "app_user_role_known"
  CHECK ("role" IN ('none', 'viewer', 'auditor', 'operator', 'approver', 'admin'));
ALTER TABLE "app_user" ADD CONSTRAINT "app_user_cluster_roles_known" CHECK (
  jsonb_typeof("cluster_roles") = 'object' AND NOT jsonb_path_exists("cluster_roles",
    '$.* ? (!(@ == "viewer" || @ == "auditor" || @ == "operator" || @ == "approver" || @ == "admin"))'));
ALTER TABLE "api_token" ADD CONSTRAINT "api_token_cluster_permissions_shape" CHECK (jsonb_typeof("cluster_permissions") = 'object');
