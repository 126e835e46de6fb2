-- Deploy audit:append_entries to pg
-- requires: entries

BEGIN;
SET LOCAL ROLE samverkan_audit_owner;

-- Appends entries in the order given: all or none. Arrays that belong together have
-- the same length; no (producer, entry) occurs twice in them. `p_tags[i]` finds the
-- entry at `p_tag_ordinals[i]`, counted from 1, by what `p_tag_kinds[i]` says.
--
-- Expected refusals come back as rows, never as errors, so that one caller's mistake
-- cannot break another's append in the same transaction. One row for each entry:
--   APPENDED  it got the next index
--   REPEATED  it was there, with the same leaf: the index that it has
--   REUSED    its id is taken by another leaf; then nothing was stored of any entry
--             (those that are not to blame come back as REFUSED)
CREATE FUNCTION audit.append_entries(
  p_now timestamptz,
  p_producers text[], p_entries uuid[], p_municipalities text[], p_authorities text[],
  p_leaves bytea[], p_leaf_hashes bytea[], p_times timestamptz[], p_bodies bytea[],
  p_data_keys uuid[], p_methods text[], p_actions bigint[], p_outcomes bigint[], p_roles bigint[], p_signs bigint[],
  p_actors bytea[], p_systems bytea[],
  p_tag_ordinals bigint[], p_tags bytea[], p_tag_kinds bigint[])
RETURNS TABLE (ordinal bigint, outcome text, index bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = audit, pg_temp
-- A plan made while the log was short would read the whole of a long one.
SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
  state log_state;
  known bigint[];
  reused boolean[];
BEGIN
  -- First of all, and as a statement of its own: what follows reads what the
  -- appends that were waited for have committed.
  SELECT * INTO STRICT state FROM log_state FOR UPDATE;

  SELECT array_agg(k.index ORDER BY n.ordinal), array_agg(coalesce(e.leaf <> n.leaf, false) ORDER BY n.ordinal)
    INTO known, reused
    FROM unnest(p_producers, p_entries, p_leaves) WITH ORDINALITY AS n (producer, entry, leaf, ordinal)
    LEFT JOIN entry_key k ON k.producer = n.producer AND k.entry = n.entry
    LEFT JOIN entry e ON e.index = k.index;

  IF true = ANY (reused) THEN
    RETURN QUERY
      SELECT r.ordinal, CASE WHEN r.reused THEN 'REUSED' ELSE 'REFUSED' END, NULL::bigint
        FROM unnest(reused) WITH ORDINALITY AS r (reused, ordinal);
    RETURN;
  END IF;

  RETURN QUERY
    WITH fresh AS MATERIALIZED (
      SELECT n.*, state.size + row_number() OVER (ORDER BY n.ordinal) - 1 AS index
        FROM unnest(p_producers, p_entries, p_municipalities, p_authorities, p_leaves, p_leaf_hashes, p_times, p_bodies,
                    p_data_keys, p_methods, p_actions, p_outcomes, p_roles, p_signs, p_actors, p_systems)
          WITH ORDINALITY AS n (producer, entry, municipality, authority, leaf, leaf_hash, time, body,
                                data_key, method, action, outcome, role, signs, actor, system, ordinal)
        WHERE known[n.ordinal] IS NULL),
    stored_entries AS (
      INSERT INTO entry (index, municipality, authority, leaf, leaf_hash, record_time)
        SELECT f.index, f.municipality, f.authority, f.leaf, f.leaf_hash, greatest(p_now, state.last_record_time)
          FROM fresh f),
    stored_keys AS (
      INSERT INTO entry_key (producer, entry, index)
        SELECT f.producer, f.entry, f.index FROM fresh f),
    stored_parts AS (
      INSERT INTO private_part (index, municipality, authority, time, data_key, body,
                                method, action, outcome, role, signs, actor, system)
        SELECT f.index, f.municipality, f.authority, f.time, f.data_key, f.body,
               f.method, f.action, f.outcome, f.role, f.signs, f.actor, f.system
          FROM fresh f),
    stored_tags AS (
      INSERT INTO search_tag (tag, index, kind)
        SELECT DISTINCT t.tag, f.index, t.kind
          FROM unnest(p_tag_ordinals, p_tags, p_tag_kinds) AS t (ordinal, tag, kind)
          JOIN fresh f ON f.ordinal = t.ordinal),
    grown AS (
      UPDATE log_state
        SET size = state.size + (SELECT count(*) FROM fresh),
            last_record_time = greatest(p_now, state.last_record_time)
        WHERE EXISTS (SELECT FROM fresh))
    SELECT k.ordinal, CASE WHEN k.index IS NULL THEN 'APPENDED' ELSE 'REPEATED' END, coalesce(k.index, f.index)
      FROM unnest(known) WITH ORDINALITY AS k (index, ordinal)
      LEFT JOIN fresh f ON f.ordinal = k.ordinal;
END
$$;
GRANT EXECUTE ON FUNCTION audit.append_entries(
  timestamptz, text[], uuid[], text[], text[], bytea[], bytea[], timestamptz[], bytea[],
  uuid[], text[], bigint[], bigint[], bigint[], bigint[], bytea[], bytea[], bigint[], bytea[], bigint[])
  TO samverkan_audit;

COMMIT;
