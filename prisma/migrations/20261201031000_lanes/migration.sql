-- breaking: no
-- What an operation occupies from its begin to its end (docs/decisions/0023): a lane, the nodes that it has for itself, and those that must
-- stay as they are. NULL = not begun, or begun by a release that did not say: then it is the leadership lane and every node.
ALTER TABLE "operation" ADD COLUMN "lane" TEXT;
ALTER TABLE "operation" ADD COLUMN "has_nodes" TEXT[];
ALTER TABLE "operation" ADD COLUMN "relies_on_nodes" TEXT[];

DROP INDEX "operation_one_at_a_time";
CREATE UNIQUE INDEX "operation_one_leadership_begun" ON "operation"("cluster_id")
  WHERE coalesce("lane", 'leadership') = 'leadership' AND "state" IN ('running', 'rolling-back', 'held');
CREATE INDEX "operation_unfinished" ON "operation"("cluster_id")
  WHERE "state" IN ('awaiting-approval', 'queued', 'running', 'rolling-back', 'held');

-- Two operations that act on one node are never under way at once. The cluster's row is locked while that is judged, so that of two that
-- begin at the same moment the second sees the first.
CREATE FUNCTION "operation_occupies"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  other uuid;
BEGIN
  IF OLD.state IN ('running', 'rolling-back', 'held') THEN
    IF (NEW.lane, NEW.has_nodes, NEW.relies_on_nodes) IS DISTINCT FROM (OLD.lane, OLD.has_nodes, OLD.relies_on_nodes) THEN
      RAISE EXCEPTION 'what operation % occupies can not be changed while it is under way', OLD.id USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.state NOT IN ('running', 'rolling-back', 'held') THEN RETURN NEW; END IF;
  IF coalesce(NEW.lane, 'leadership') NOT IN ('leadership', 'node', 'drill') THEN
    RAISE EXCEPTION 'there is no lane %', NEW.lane USING ERRCODE = 'check_violation';
  END IF;
  PERFORM FROM public.cluster c WHERE c.id = NEW.cluster_id FOR NO KEY UPDATE;
  SELECT o.id INTO other FROM public.operation o
   WHERE o.cluster_id = NEW.cluster_id AND o.id <> NEW.id AND o.state IN ('running', 'rolling-back', 'held')
     AND (coalesce(o.lane, 'leadership') = 'drill') = (coalesce(NEW.lane, 'leadership') = 'drill')
     AND (coalesce(o.lane, 'leadership') = 'leadership' AND coalesce(NEW.lane, 'leadership') = 'leadership'
       OR o.has_nodes IS NULL OR NEW.has_nodes IS NULL
       OR NEW.has_nodes && (o.has_nodes || coalesce(o.relies_on_nodes, '{}'))
       OR o.has_nodes && (NEW.has_nodes || coalesce(NEW.relies_on_nodes, '{}')))
   LIMIT 1;
  IF other IS NOT NULL THEN
    RAISE EXCEPTION 'operation % is in the way of operation %', other, NEW.id USING ERRCODE = 'exclusion_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "operation_occupies" BEFORE UPDATE OF "state", "lane", "has_nodes", "relies_on_nodes" ON "operation"
  FOR EACH ROW EXECUTE FUNCTION "operation_occupies"();
