-- Verify audit:reviews on pg

BEGIN;
SELECT municipality, authority, caller, method, request, fingerprint, resource, create_time
  FROM audit.request WHERE false;
SELECT municipality, sample, authority, draw_time, data_key, body FROM audit.review_sample WHERE false;
SELECT municipality, sample, item, index, drawing, signs, actor, units, verdict FROM audit.review_item WHERE false;
SELECT municipality, sample, item, number, data_key, body FROM audit.review_outcome WHERE false;
-- The runtime role calls functions of the owner and reaches no table.
SELECT 1 / (count(*) = 11)::int FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner
  WHERE p.pronamespace = 'audit'::regnamespace
    AND p.proname IN ('claim_request', 'list_acts', 'get_entries', 'store_review_sample', 'list_review_samples',
                      'get_review_sample', 'list_review_items', 'lock_review_item', 'record_review_outcome',
                      'count_reviews', 'list_touched_children')
    AND p.prosecdef AND r.rolname = 'samverkan_audit_owner'
    AND has_function_privilege('samverkan_audit', p.oid, 'EXECUTE');
SELECT 1 / (count(*) = 0)::int
  FROM information_schema.table_privileges
  WHERE table_schema = 'audit' AND grantee IN ('samverkan_audit', 'PUBLIC') AND table_name <> 'schema_version';
ROLLBACK;
