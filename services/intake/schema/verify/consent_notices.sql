-- Verify intake:consent_notices on pg

BEGIN;
SELECT municipality, report, sequence, authority, child, on_hold, create_time
  FROM intake.consent_notice WHERE false;
SELECT 1 / (relrowsecurity AND relforcerowsecurity)::integer FROM pg_class
  WHERE oid = 'intake.consent_notice'::regclass;
SELECT 1 / (count(*) = 2)::integer FROM pg_trigger
  WHERE tgrelid = 'intake.report'::regclass AND tgname IN ('note_hold_placed', 'note_hold_changed') AND tgenabled = 'O';
ROLLBACK;
