-- Revert intake:investigations from pg

BEGIN;
DROP FUNCTION intake.authority_of_investigation;
DROP TABLE intake.investigation_report, intake.investigation;
COMMIT;
