-- Revert intake:consultations from pg

BEGIN;
DROP TABLE intake.consultation;
COMMIT;
