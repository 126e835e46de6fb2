-- Revert intake:consultations from pg

BEGIN;
DROP FUNCTION intake.authority_of_consultation;
DROP TABLE intake.consultation;
COMMIT;
