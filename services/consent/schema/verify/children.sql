-- Verify consent:children on pg

BEGIN;
SELECT municipality, authority, child, unit_tags, assignee_tag, index_key, create_time, note_time, version, data_key,
       content
  FROM consent.child WHERE false;
SELECT municipality, authority, reference, child FROM consent.child_reference WHERE false;
SELECT municipality, authority, blind_index, index_key, child FROM consent.child_number WHERE false;
SELECT municipality, authority, report, reference FROM consent.hold WHERE false;
SELECT 1 / (bool_and(relrowsecurity AND relforcerowsecurity))::integer FROM pg_class
  WHERE relnamespace = 'consent'::regnamespace AND relkind = 'r' AND relname NOT IN ('schema_version', 'relay', 'erased_until');
ROLLBACK;
