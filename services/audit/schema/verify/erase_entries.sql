-- Verify audit:erase_entries on pg

BEGIN;
SELECT municipality, authority, erasure, index FROM audit.erasure WHERE false;
SELECT destruction, keys, indexes, sequence FROM audit.key_destruction WHERE false;
-- The runtime role calls functions of the owner and reaches no table.
SELECT 1 / (count(*) = 11)::int FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner
  WHERE p.pronamespace = 'audit'::regnamespace
    AND p.proname IN ('claim_erasure', 'keep_erasure', 'list_erasable_entries', 'is_told_by_others',
                      'list_outcomes_of_entries', 'erase_entries', 'list_due_destructions', 'list_destructions_after',
                      'get_last_destruction', 'keep_destruction', 'erase_again')
    AND p.prosecdef AND r.rolname = 'samverkan_audit_owner'
    AND has_function_privilege('samverkan_audit', p.oid, 'EXECUTE');
SELECT 1 / (count(*) = 0)::int
  FROM information_schema.table_privileges
  WHERE table_schema = 'audit' AND grantee IN ('samverkan_audit', 'PUBLIC') AND table_name <> 'schema_version';
ROLLBACK;
