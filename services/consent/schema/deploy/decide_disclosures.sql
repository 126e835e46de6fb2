-- Deploy consent:decide_disclosures to pg
-- requires: rule_sets

BEGIN;
SET LOCAL ROLE samverkan_consent_owner;
SET LOCAL search_path = consent;

-- Stores decisions of one authority. One statement for all that wait, so that many cost little
-- more than one.
--
-- A decision rests on its child as it was at one version, and on the rule set that was active.
-- Whatever changes what is known of a child (custody, protection, hold, a consent's answer or
-- withdrawal) raises the child's version first and so waits for this, or this for it: the two are
-- ordered by commit. One row for each decision, in their order:
--   CREATED   it was stored
--   STALE     the child or the active rule set is another than the decision rests on: nothing was
--             stored; read again and decide again
--   REPEATED  the request id was used with the same content: nothing was stored, and `resources`
--             are those of the first time
--   REUSED    the request id was used with other content: nothing was stored
--
-- All arrays have an element for each decision. Works within the scope of the authority, and
-- leaves the scope as it was.
CREATE FUNCTION decide_disclosures(
  p_municipality text, p_authority text,
  p_caller_municipalities text[], p_callers bytea[], p_methods text[], p_requests uuid[], p_fingerprints bytea[],
  p_times timestamptz[],
  p_decisions uuid[], p_names text[], p_children uuid[], p_child_versions bigint[], p_rule_sets text[],
  p_expire_times timestamptz[], p_data_keys uuid[], p_contents bytea[],
  p_events uuid[], p_event_contents bytea[],
  p_entries uuid[], p_entry_data_keys uuid[], p_entry_contents bytea[])
RETURNS TABLE (outcome text, resources text[])
LANGUAGE plpgsql VOLATILE
SET search_path = consent
-- As in intake's submit_reports.
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
  -- Names of the decisions that rest on what still is, and of those of them that were stored.
  current text[];
  created text[];
  scope_before CONSTANT text[] := ARRAY[current_setting('samverkan.municipality', true),
                                        current_setting('samverkan.authority', true)];
BEGIN
  PERFORM set_config('samverkan.municipality', p_municipality, true),
          set_config('samverkan.authority', p_authority, true);

  -- A statement of its own: the next one sees what these locks waited for. The children in the order of
  -- their keys.
  PERFORM FROM rule_set s, child c
    WHERE s.municipality = p_municipality AND s.state = 2
      AND c.municipality = p_municipality AND c.authority = p_authority AND c.child = ANY(p_children)
    ORDER BY c.child FOR SHARE;

  -- One statement, for each costs as much as a row or two.
  WITH fresh AS MATERIALIZED (
    SELECT d.*
      FROM unnest(p_caller_municipalities, p_callers, p_methods, p_requests, p_fingerprints, p_times, p_decisions,
                  p_names, p_children, p_child_versions, p_rule_sets, p_expire_times, p_data_keys, p_contents, p_events,
                  p_event_contents, p_entries, p_entry_data_keys, p_entry_contents)
             AS d (caller_municipality, caller, method, request, fingerprint, time, decision,
                   name, child, child_version, rule_set, expire_time, data_key, content, event,
                   event_content, entry, entry_data_key, entry_content)
      WHERE EXISTS (SELECT FROM child c
                      WHERE c.municipality = p_municipality AND c.authority = p_authority AND c.child = d.child
                        AND c.version = d.child_version
                        -- One that was erased and registered anew has another.
                        AND c.data_key = d.data_key)
        AND EXISTS (SELECT FROM rule_set s
                      WHERE s.municipality = p_municipality AND s.version = d.rule_set AND s.state = 2)),
  requested AS (
    INSERT INTO request (municipality, caller, method, request, owner_municipality, owner_authority, fingerprint,
                         resources, create_time)
      SELECT d.caller_municipality, d.caller, d.method, d.request, p_municipality, p_authority, d.fingerprint,
             ARRAY[d.name], d.time
        FROM fresh d
        ORDER BY d.caller_municipality, d.caller, d.method, d.request
      ON CONFLICT DO NOTHING
      RETURNING resources[1] AS name),
  made AS MATERIALIZED (SELECT d.* FROM fresh d JOIN requested USING (name)),
  decided AS (
    INSERT INTO decision (municipality, decision, authority, child, child_version, decide_time, expire_time, rule_set,
                          data_key, content)
      SELECT p_municipality, d.decision, p_authority, d.child, d.child_version, d.time, d.expire_time, d.rule_set,
             d.data_key, d.content
        FROM made d),
  happened AS (
    INSERT INTO event (municipality, event, authority, event_time, content)
      SELECT p_municipality, d.event, p_authority, d.time, d.event_content FROM made d),
  told AS (
    INSERT INTO audit_entry (municipality, entry, data_key, content)
      SELECT p_municipality, d.entry, d.entry_data_key, d.entry_content FROM made d)
  SELECT ARRAY(SELECT name FROM fresh), ARRAY(SELECT name FROM made) INTO current, created;

  IF cardinality(created) = cardinality(p_names) THEN
    RETURN QUERY SELECT 'CREATED', NULL::text[] FROM generate_series(1, cardinality(p_names));
  ELSE
    -- A request that is not seen was used for another board, or is none yet.
    RETURN QUERY
      SELECT CASE WHEN d.name = ANY(created) THEN 'CREATED'
                  WHEN q.fingerprint = d.fingerprint THEN 'REPEATED'
                  WHEN q.fingerprint IS NULL AND d.name <> ALL(current) THEN 'STALE'
                  ELSE 'REUSED' END,
             CASE WHEN d.name <> ALL(created) AND q.fingerprint = d.fingerprint THEN q.resources END
        FROM unnest(p_caller_municipalities, p_callers, p_methods, p_requests, p_fingerprints, p_names)
               WITH ORDINALITY AS d (municipality, caller, method, request, fingerprint, name, place)
        LEFT JOIN request q ON q.municipality = d.municipality AND q.caller = d.caller AND q.method = d.method
          AND q.request = d.request
        ORDER BY d.place;
  END IF;
  PERFORM set_config('samverkan.municipality', coalesce(scope_before[1], ''), true),
          set_config('samverkan.authority', coalesce(scope_before[2], ''), true);
END
$$;

GRANT EXECUTE ON FUNCTION decide_disclosures TO samverkan_consent;

COMMIT;
