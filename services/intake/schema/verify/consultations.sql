-- Verify intake:consultations on pg

BEGIN;
SELECT municipality, consultation, authority, asker_municipality, asker_authority, asker_unit_tag, asker_tag, index_key,
       create_time, version, data_key, content
  FROM intake.consultation WHERE false;
ROLLBACK;
