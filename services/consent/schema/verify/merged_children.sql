-- Verify consent:merged_children on pg

BEGIN;
SELECT 1 / has_function_privilege('samverkan_consent', 'consent.merge_children(text, text, uuid, uuid)',
                                  'EXECUTE')::integer;
ROLLBACK;
