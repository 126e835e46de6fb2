-- Revert intake:emergency_accesses from pg

BEGIN;
DROP FUNCTION intake.authority_of_emergency_access, intake.child_is_handled_by;
DROP TABLE intake.emergency_access;
COMMIT;
