-- Deploy intake:submit_reports to pg
-- requires: investigations

BEGIN;
SET LOCAL ROLE samverkan_intake_owner;
SET LOCAL search_path = intake;

-- Stores submissions to one authority: of each its reports, deadlines, events, audit entry
-- and request id, all or none. One statement for all that wait, so that many cost little
-- more than one.
--
-- Expected refusals come back as rows, never as errors, so that one caller's repeated
-- request cannot break another's submission. One row for each submission, in their order:
--   CREATED   all was stored
--   REPEATED  the request id was used with the same content: nothing was stored, and
--             `resources` are those of the first time
--   REUSED    the request id was used with other content: nothing was stored
--
-- Arrays that belong together have the same length: an element for each submission, report
-- and deadline. A report names its submission by the group that its siblings share, a
-- deadline its report. A report whose blind index is null is about a child that nobody
-- could name: it keeps the reference proposed.
--
-- A deadline's condition says when it is started: ALWAYS, or as an investigation of the
-- child runs at the authority already, IF_RUNNING or IF_NOT_RUNNING.
--
-- Where another report has already marked the child's identity as protected, the new one is, and
-- neither its event nor the audit entry tells a unit.
--
-- Works within the scope of the authority that receives, whoever sends, and leaves the
-- scope as it was. While blind indexes are made anew under another key, `p_old_blind_indexes`
-- are those under the key before.
CREATE FUNCTION submit_reports(
  p_municipality text, p_authority text,
  -- submissions
  p_groups uuid[], p_caller_municipalities text[], p_callers bytea[], p_methods text[], p_requests uuid[],
  p_fingerprints bytea[], p_request_times timestamptz[],
  p_entries uuid[], p_entry_data_keys uuid[], p_entry_contents bytea[],
  -- reports
  p_report_groups uuid[], p_reports uuid[], p_names text[], p_unit_tags bytea[], p_children uuid[],
  p_index_keys text[], p_blind_indexes bytea[], p_old_blind_indexes bytea[], p_on_hold boolean[], p_acute boolean[],
  p_identity_protected boolean[],
  p_sender_municipalities text[], p_sender_authorities text[], p_sender_unit_tags bytea[], p_sender_tags bytea[],
  p_receive_times timestamptz[], p_first_receive_times timestamptz[],
  p_data_keys uuid[], p_submissions bytea[], p_handlings bytea[], p_feedback bytea[], p_meetings bytea[],
  p_events uuid[], p_event_times timestamptz[], p_event_contents bytea[], p_unitless_event_contents bytea[],
  -- deadlines
  p_subjects uuid[], p_clocks text[], p_rules text[], p_legal_bases text[], p_unverified boolean[],
  p_started_by text[], p_start_times timestamptz[], p_due_dates date[], p_latest_dates date[], p_conditions text[])
RETURNS TABLE (outcome text, resources text[])
LANGUAGE plpgsql VOLATILE
SET search_path = intake
-- The plans in here, and those of the foreign keys' checks, live as long as the connection:
-- made while a table was small, they would read all of it when it has grown.
SET enable_seqscan = off
-- Planning anew for the length of every batch would cost more than executing.
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
  claimed integer;
  outcomes text[] := array_fill('CREATED'::text, ARRAY[cardinality(p_groups)]);
  fresh boolean[] := array_fill(true, ARRAY[cardinality(p_reports)]);
  children uuid[];
  running boolean[];
  protected boolean[];
  scope_before CONSTANT text[] := ARRAY[current_setting('samverkan.municipality', true),
                                        current_setting('samverkan.authority', true)];
BEGIN
  PERFORM set_config('samverkan.municipality', p_municipality, true),
          set_config('samverkan.authority', p_authority, true);

  -- Requests, and then children, in the order of their keys: two batches with the same
  -- ones do not wait for each other.
  INSERT INTO request (municipality, caller, method, request, owner_municipality, owner_authority, fingerprint,
                       resources, create_time)
    SELECT s.municipality, s.caller, s.method, s.request, p_municipality, p_authority, s.fingerprint, n.names, s.time
      FROM unnest(p_groups, p_caller_municipalities, p_callers, p_methods, p_requests, p_fingerprints,
                  p_request_times) AS s (submission, municipality, caller, method, request, fingerprint, time)
      JOIN (SELECT r.submission, array_agg(r.name ORDER BY r.place) AS names
              FROM unnest(p_report_groups, p_names) WITH ORDINALITY AS r (submission, name, place)
              GROUP BY r.submission) AS n ON n.submission = s.submission
      ORDER BY s.municipality, s.caller, s.method, s.request
    ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS claimed = ROW_COUNT;
  IF claimed < cardinality(p_groups) THEN
    -- Names are new in each submission, so they tell whose the request is. One that is not
    -- seen was used for another board.
    outcomes := ARRAY(
      SELECT CASE WHEN q.resources[1] = (SELECT r.name FROM unnest(p_report_groups, p_names) AS r (submission, name)
                                           WHERE r.submission = s.submission LIMIT 1) THEN 'CREATED'
                  WHEN q.fingerprint = s.fingerprint THEN 'REPEATED'
                  ELSE 'REUSED' END
        FROM unnest(p_groups, p_caller_municipalities, p_callers, p_methods, p_requests, p_fingerprints)
               WITH ORDINALITY AS s (submission, municipality, caller, method, request, fingerprint, place)
        LEFT JOIN request q ON q.municipality = s.municipality AND q.caller = s.caller AND q.method = s.method
          AND q.request = s.request
        ORDER BY s.place);
    fresh := ARRAY(
      SELECT s.outcome = 'CREATED'
        FROM unnest(p_report_groups) WITH ORDINALITY AS r (submission, place)
        JOIN unnest(p_groups, outcomes) AS s (submission, outcome) ON s.submission = r.submission
        ORDER BY r.place);
  END IF;

  IF array_remove(p_old_blind_indexes, NULL) <> '{}' THEN
    UPDATE child c SET blind_index = r.blind_index, index_key = r.index_key
      FROM unnest(p_old_blind_indexes, p_blind_indexes, p_index_keys) AS r (old_blind_index, blind_index, index_key)
      WHERE c.municipality = p_municipality AND c.authority = p_authority AND c.blind_index = r.old_blind_index
        AND NOT EXISTS (SELECT FROM child k WHERE k.municipality = p_municipality AND k.authority = p_authority
                          AND k.blind_index = r.blind_index);
  END IF;
  -- An erasure may be taking away a child just now: then it is met anew.
  PERFORM FROM child c
    WHERE c.municipality = p_municipality AND c.authority = p_authority AND c.blind_index = ANY (p_blind_indexes)
    ORDER BY c.blind_index
    FOR KEY SHARE;
  INSERT INTO child (municipality, authority, blind_index, index_key, child)
    SELECT DISTINCT ON (r.blind_index) p_municipality, p_authority, r.blind_index, r.index_key, r.child
      FROM unnest(p_blind_indexes, p_index_keys, p_children, fresh) AS r (blind_index, index_key, child, fresh)
      WHERE r.fresh AND r.blind_index IS NOT NULL
      ORDER BY r.blind_index
    ON CONFLICT DO NOTHING;
  children := ARRAY(
    SELECT coalesce(c.child, r.child)
      FROM unnest(p_blind_indexes, p_children) WITH ORDINALITY AS r (blind_index, child, place)
      LEFT JOIN child c ON c.municipality = p_municipality AND c.authority = p_authority
        AND c.blind_index = r.blind_index
      ORDER BY r.place);
  running := ARRAY(
    SELECT EXISTS (SELECT FROM investigation v
                     WHERE v.municipality = p_municipality AND v.authority = p_authority AND v.child = r.child
                       AND v.state = 1)
      FROM unnest(children) WITH ORDINALITY AS r (child, place)
      ORDER BY r.place);

  protected := ARRAY(
    SELECT bool_or(r.identity_protected) OVER (PARTITION BY r.child)
           OR EXISTS (SELECT FROM report q
                        WHERE q.municipality = p_municipality AND q.authority = p_authority AND q.child = r.child
                          AND q.identity_protected)
      FROM unnest(children, p_identity_protected) WITH ORDINALITY AS r (child, identity_protected, place)
      ORDER BY r.place);

  INSERT INTO report (municipality, report, authority, unit_tag, child, submission_group, state, on_hold, acute,
                      identity_protected, sender_municipality, sender_authority, sender_unit_tag, sender_tag, index_key,
                      receive_time, first_receive_time, note_time, data_key, submission, handling)
    SELECT p_municipality, r.report, p_authority, r.unit_tag, r.child, r.submission_group, 1, r.on_hold, r.acute,
           r.identity_protected, r.sender_municipality, r.sender_authority, r.sender_unit_tag, r.sender_tag,
           r.index_key, r.receive_time, r.first_receive_time, r.note_time, r.data_key, r.submission,
           r.handling
      FROM unnest(p_reports, p_unit_tags, children, p_report_groups, p_on_hold, p_acute, protected,
                  p_sender_municipalities, p_sender_authorities, p_sender_unit_tags, p_sender_tags, p_index_keys,
                  p_receive_times, p_first_receive_times, p_event_times, p_data_keys, p_submissions, p_handlings, fresh)
             AS r (report, unit_tag, child, submission_group, on_hold, acute, identity_protected,
                   sender_municipality, sender_authority, sender_unit_tag, sender_tag, index_key,
                   receive_time, first_receive_time, note_time, data_key, submission, handling, fresh)
      WHERE r.fresh;
  INSERT INTO feedback (municipality, report, authority, state, ask_time, content)
    SELECT p_municipality, r.report, p_authority, CASE WHEN r.running THEN 2 ELSE 1 END, r.receive_time, r.feedback
      FROM unnest(p_reports, running, p_receive_times, p_feedback, fresh)
             AS r (report, running, receive_time, feedback, fresh)
      WHERE r.fresh AND r.feedback IS NOT NULL;
  INSERT INTO report_meeting (municipality, report, authority, state, content)
    SELECT p_municipality, r.report, p_authority, 1, r.meeting
      FROM unnest(p_reports, p_meetings, fresh) AS r (report, meeting, fresh)
      WHERE r.fresh AND r.meeting IS NOT NULL;
  INSERT INTO deadline (municipality, subject, clock, start_time, authority, collection, rule, legal_basis,
                        unverified, started_by, due_date, latest_date, state)
    SELECT p_municipality, d.subject, d.clock, d.start_time, p_authority, 'reports', d.rule, d.legal_basis,
           d.unverified, d.started_by, d.due_date, d.latest_date, 1
      FROM unnest(p_subjects, p_clocks, p_start_times, p_rules, p_legal_bases, p_unverified, p_started_by,
                  p_due_dates, p_latest_dates, p_conditions)
             AS d (subject, clock, start_time, rule, legal_basis, unverified, started_by, due_date, latest_date,
                   condition)
      JOIN unnest(p_reports, running, fresh) AS r (report, running, fresh) ON r.report = d.subject
      WHERE r.fresh AND (d.condition = 'ALWAYS' OR (d.condition = 'IF_RUNNING') = r.running);
  INSERT INTO event (municipality, event, authority, event_time, content)
    SELECT p_municipality, r.event, p_authority, r.time,
           CASE WHEN r.identity_protected THEN r.unitless_content ELSE r.content END
      FROM unnest(p_events, p_event_times, p_event_contents, p_unitless_event_contents, protected, fresh)
             AS r (event, time, content, unitless_content, identity_protected, fresh)
      WHERE r.fresh;
  INSERT INTO audit_entry (municipality, entry, children, identity_protected, data_key, content)
    SELECT p_municipality, s.entry, c.children, c.identity_protected, s.data_key, s.content
      FROM unnest(p_groups, p_entries, p_entry_data_keys, p_entry_contents) AS s (submission, entry, data_key, content)
      JOIN (SELECT r.submission, array_agg(r.child ORDER BY r.place) AS children,
                   bool_or(r.identity_protected) AS identity_protected
              FROM unnest(p_report_groups, children, protected, fresh)
                     WITH ORDINALITY AS r (submission, child, identity_protected, fresh, place)
              WHERE r.fresh
              GROUP BY r.submission) AS c ON c.submission = s.submission;

  RETURN QUERY
    SELECT s.outcome,
           CASE WHEN s.outcome = 'REPEATED' THEN
             (SELECT q.resources FROM request q
                WHERE q.municipality = s.municipality AND q.caller = s.caller AND q.method = s.method
                  AND q.request = s.request)
           END
      FROM unnest(p_groups, outcomes, p_caller_municipalities, p_callers, p_methods, p_requests)
             WITH ORDINALITY AS s (submission, outcome, municipality, caller, method, request, place)
      ORDER BY s.place;
  PERFORM set_config('samverkan.municipality', coalesce(scope_before[1], ''), true),
          set_config('samverkan.authority', coalesce(scope_before[2], ''), true);
END
$$;

GRANT EXECUTE ON FUNCTION submit_reports TO samverkan_intake;

COMMIT;
