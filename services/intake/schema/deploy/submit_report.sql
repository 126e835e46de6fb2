-- Deploy intake:submit_report to pg
-- requires: investigations

BEGIN;
SET LOCAL search_path = intake;

-- Stores a submission: its reports, deadlines, events, audit entry and request id,
-- all or none. One statement, so that waiting submissions can share a transaction.
--
-- Expected refusals come back as rows, never as errors, so that one caller's
-- repeated request cannot break another's submission:
--   CREATED   all was stored
--   REPEATED  the request id was used with the same content: `resources` as then
--   REUSED    the request id was used with other content: nothing was stored
--
-- A deadline's condition says when it is started: ALWAYS, or as an investigation of the
-- child runs at the authority already, IF_RUNNING or IF_NOT_RUNNING.
--
-- Arrays that belong together have the same length. A report whose blind index is
-- null is about a child that nobody could name: it keeps the reference proposed.
CREATE FUNCTION submit_report(
  p_caller_municipality text, p_caller text, p_method text, p_request uuid, p_fingerprint bytea,
  p_now timestamptz, p_resources text[],
  p_municipality text, p_authority text, p_unit text, p_submission_group uuid,
  p_reports uuid[], p_children uuid[], p_blind_indexes bytea[], p_submissions bytea[], p_handlings bytea[],
  p_on_hold boolean, p_acute boolean,
  p_sender_municipality text, p_sender_authority text, p_sender_unit text, p_sender_subject text,
  p_sender_system text, p_receive_time timestamptz, p_first_receive_time timestamptz,
  p_deadline_subjects uuid[], p_clocks text[], p_rules text[], p_legal_bases text[], p_unverified boolean[],
  p_started_by text[], p_start_times timestamptz[], p_due_dates date[], p_latest_dates date[],
  p_conditions text[],
  p_feedback bytea, p_meeting bytea,
  p_events uuid[], p_event_contents bytea[], p_entry uuid, p_entry_content bytea,
  OUT outcome text, OUT resources text[])
LANGUAGE plpgsql VOLATILE
SET search_path = intake
-- The plans in here, and those of the foreign keys' checks, live as long as the connection:
-- made while a table was small, they would read all of it when it has grown.
SET enable_seqscan = off
AS $$
DECLARE
  known_fingerprint bytea;
  child_references uuid[] := p_children;
  running boolean[] := '{}';
  places integer[] := '{1}';
  i integer;
BEGIN
  INSERT INTO request (municipality, caller, method, request, fingerprint, resources, create_time)
    VALUES (p_caller_municipality, p_caller, p_method, p_request, p_fingerprint, p_resources, p_now)
    ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    SELECT r.fingerprint, r.resources INTO known_fingerprint, resources
      FROM request r
      WHERE r.municipality = p_caller_municipality AND r.caller = p_caller AND r.method = p_method
        AND r.request = p_request;
    outcome := CASE WHEN known_fingerprint = p_fingerprint THEN 'REPEATED' ELSE 'REUSED' END;
    RETURN;
  END IF;

  -- In the order of the index, so that two submissions of the same siblings do not wait
  -- for each other.
  IF cardinality(p_reports) > 1 THEN
    places := ARRAY(SELECT o FROM generate_subscripts(p_reports, 1) AS o ORDER BY p_blind_indexes[o], o);
  END IF;
  FOREACH i IN ARRAY places LOOP
    IF p_blind_indexes[i] IS NOT NULL THEN
      INSERT INTO child (municipality, authority, blind_index, child)
        VALUES (p_municipality, p_authority, p_blind_indexes[i], p_children[i])
        ON CONFLICT DO NOTHING;
      IF NOT FOUND THEN
        -- INTO takes no element of an array.
        child_references[i] := (
          SELECT c.child
            FROM child c
            WHERE c.municipality = p_municipality AND c.authority = p_authority
              AND c.blind_index = p_blind_indexes[i]);
      END IF;
    END IF;
    running[i] := EXISTS (
      SELECT FROM investigation v
        WHERE v.municipality = p_municipality AND v.authority = p_authority
          AND v.child = child_references[i] AND v.state = 1);
  END LOOP;

  -- One row a statement: reports come one by one, and what handles sets costs more than they gain.
  FOR i IN 1 .. cardinality(p_reports) LOOP
    INSERT INTO report (municipality, report, authority, unit, child, submission_group, state, on_hold, acute,
                        sender_municipality, sender_authority, sender_unit, sender_subject, sender_system,
                        receive_time, first_receive_time, submission, handling)
      VALUES (p_municipality, p_reports[i], p_authority, p_unit, child_references[i], p_submission_group, 1,
              p_on_hold, p_acute, p_sender_municipality, p_sender_authority, p_sender_unit, p_sender_subject,
              p_sender_system, p_receive_time, p_first_receive_time, p_submissions[i], p_handlings[i]);
    IF p_feedback IS NOT NULL THEN
      INSERT INTO feedback (municipality, report, state, ask_time, content)
        VALUES (p_municipality, p_reports[i], CASE WHEN running[i] THEN 2 ELSE 1 END, p_receive_time, p_feedback);
    END IF;
    IF p_meeting IS NOT NULL THEN
      INSERT INTO report_meeting (municipality, report, state, content)
        VALUES (p_municipality, p_reports[i], 1, p_meeting);
    END IF;
  END LOOP;
  FOR i IN 1 .. cardinality(p_deadline_subjects) LOOP
    IF p_conditions[i] = 'ALWAYS'
        OR (p_conditions[i] = 'IF_RUNNING') = running[array_position(p_reports, p_deadline_subjects[i])] THEN
      INSERT INTO deadline (municipality, subject, clock, start_time, authority, collection, rule, legal_basis,
                            unverified, started_by, due_date, latest_date, state)
        VALUES (p_municipality, p_deadline_subjects[i], p_clocks[i], p_start_times[i], p_authority, 'reports',
                p_rules[i], p_legal_bases[i], p_unverified[i], p_started_by[i], p_due_dates[i], p_latest_dates[i], 1);
    END IF;
  END LOOP;
  FOR i IN 1 .. cardinality(p_events) LOOP
    INSERT INTO event (municipality, event, authority, event_time, content)
      VALUES (p_municipality, p_events[i], p_authority, p_now, p_event_contents[i]);
  END LOOP;
  INSERT INTO audit_entry (municipality, entry, children, content)
    VALUES (p_municipality, p_entry, child_references, p_entry_content);

  outcome := 'CREATED';
  resources := p_resources;
END
$$;

REVOKE ALL ON FUNCTION submit_report FROM PUBLIC;
GRANT EXECUTE ON FUNCTION submit_report TO samverkan_intake;

COMMIT;
