-- Revert intake:consent_notices from pg

BEGIN;
DROP TRIGGER note_hold_changed ON intake.report;
DROP TRIGGER note_hold_placed ON intake.report;
DROP FUNCTION intake.note_hold_for_consent;
DROP TABLE intake.consent_notice;
COMMIT;
