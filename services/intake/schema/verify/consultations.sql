-- Verify intake:consultations on pg

BEGIN;
SELECT municipality, consultation, authority, asker_municipality, asker_authority, asker_unit, asker_subject,
       create_time, version, content
  FROM intake.consultation WHERE false;
ROLLBACK;
