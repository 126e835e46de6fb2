-- Revert intake:investigation_steps from pg

BEGIN;
DROP FUNCTION intake.is_identity_protected, intake.authority_of_investigation_step;
DROP TABLE intake.investigation_step;
COMMIT;
