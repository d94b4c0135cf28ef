-- breaking: no
-- Risks that were acknowledged, as codes with values; acknowledged_risks keeps their sentences for people and for the release before.
ALTER TABLE "operation" ADD COLUMN "risks" JSONB;

-- They are a part of what was asked for.
CREATE FUNCTION "operation_keeps_risks"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.risks IS DISTINCT FROM OLD.risks THEN
    RAISE EXCEPTION 'what operation % was asked to do can not be changed', OLD.id USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "operation_keeps_risks" BEFORE UPDATE OF "risks" ON "operation" FOR EACH ROW EXECUTE FUNCTION "operation_keeps_risks"();
