-- Revert intake:investigations from pg

BEGIN;
DROP TABLE intake.investigation_report, intake.investigation;
COMMIT;
