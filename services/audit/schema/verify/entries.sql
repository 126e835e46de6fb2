-- Verify audit:entries on pg

BEGIN;
SELECT 1 / count(*) FROM audit.log_state;
SELECT index, municipality, authority, leaf, leaf_hash, record_time FROM audit.entry WHERE false;
SELECT producer, entry, index FROM audit.entry_key WHERE false;
SELECT index, municipality, authority, time, data_key, body, method, action, outcome, role, signs, actor, system
  FROM audit.private_part WHERE false;
SELECT tag, index, kind FROM audit.search_tag WHERE false;
-- Append-only: the runtime role reaches no table of the log.
SELECT 1 / (count(*) = 0)::int
  FROM information_schema.table_privileges
  WHERE table_schema = 'audit' AND grantee IN ('samverkan_audit', 'PUBLIC') AND table_name <> 'schema_version';
ROLLBACK;
