-- The data keys of a service, in a database of their own whose backups are kept for days
-- only: what is erased here is erased in every older backup of the data too. Included by a
-- change of each service's key schema, with search_path set to that schema, as its owner.

-- Key-encryption keys that have wrapped something. `check_value` is a known text wrapped by
-- the key: a wrong key is found at start and not at the first read.
CREATE TABLE key_encryption_key (
  id text PRIMARY KEY,
  check_value bytea NOT NULL
);

-- Data keys, wrapped. What a key seals is named in the database of the data only. No foreign
-- key: it would cost each submission a look-up, and the functions below keep the two alike.
CREATE TABLE data_key (
  id uuid PRIMARY KEY,
  wrapped_by text NOT NULL,
  wrapped bytea NOT NULL,
  create_time timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX data_key_by_key_encryption_key ON data_key (wrapped_by);

-- The running service reaches the keys through these functions only: it finds those that it
-- knows of, and cannot list them.
CREATE FUNCTION key_encryption_keys()
RETURNS TABLE (id text, check_value bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
AS $$ SELECT k.id, k.check_value FROM key_encryption_key k ORDER BY k.id $$;

CREATE FUNCTION add_key_encryption_key(p_id text, p_check_value bytea)
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT
AS $$ INSERT INTO key_encryption_key VALUES (p_id, p_check_value) ON CONFLICT DO NOTHING $$;

-- Whether it was taken out: false while it wraps a key.
CREATE FUNCTION remove_key_encryption_key(p_id text)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
  DELETE FROM key_encryption_key k WHERE k.id = p_id
    AND NOT EXISTS (SELECT FROM data_key d WHERE d.wrapped_by = p_id);
  RETURN FOUND;
END
$$;

CREATE FUNCTION add_data_keys(p_wrapped_by text, p_ids uuid[], p_wrapped bytea[])
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT
AS $$
  INSERT INTO data_key (id, wrapped_by, wrapped)
    SELECT n.id, p_wrapped_by, n.wrapped FROM unnest(p_ids, p_wrapped) AS n (id, wrapped)
$$;

CREATE FUNCTION find_data_keys(p_ids uuid[])
RETURNS TABLE (id uuid, wrapped_by text, wrapped bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
AS $$ SELECT d.id, d.wrapped_by, d.wrapped FROM data_key d WHERE d.id = ANY (p_ids) $$;

-- What was destroyed, in order: when the data comes back from an older backup, what was
-- erased since is erased again. `note` is the service's own, and holds no personal data.
CREATE TABLE destruction (
  sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id uuid NOT NULL UNIQUE,
  note bytea NOT NULL,
  create_time timestamptz NOT NULL DEFAULT now()
);

-- Destroys keys, notes it, and returns its place in the order: that of the first time where
-- it is repeated.
CREATE FUNCTION destroy_data_keys(p_id uuid, p_note bytea, p_keys uuid[])
RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
  -- One at a time: readers of the order must not pass over one that commits late.
  LOCK TABLE destruction IN SHARE ROW EXCLUSIVE MODE;
  DELETE FROM data_key d WHERE d.id = ANY (p_keys);
  INSERT INTO destruction (id, note) VALUES (p_id, p_note) ON CONFLICT DO NOTHING;
  RETURN (SELECT d.sequence FROM destruction d WHERE d.id = p_id);
END
$$;

CREATE FUNCTION destructions_after(p_sequence bigint)
RETURNS TABLE (sequence bigint, id uuid, note bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
AS $$ SELECT d.sequence, d.id, d.note FROM destruction d WHERE d.sequence > p_sequence ORDER BY d.sequence $$;

CREATE FUNCTION last_destruction()
RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
AS $$ SELECT coalesce(max(d.sequence), 0) FROM destruction d $$;

-- Some keys that another key-encryption key has wrapped; whoever else is at it is not
-- waited for.
CREATE FUNCTION data_keys_not_wrapped_by(p_wrapped_by text, p_most bigint)
RETURNS TABLE (id uuid, wrapped_by text, wrapped bytea)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT
AS $$
  SELECT d.id, d.wrapped_by, d.wrapped FROM data_key d WHERE d.wrapped_by <> p_wrapped_by
    LIMIT p_most FOR UPDATE SKIP LOCKED
$$;

CREATE FUNCTION rewrap_data_keys(p_wrapped_by text, p_ids uuid[], p_wrapped bytea[])
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT
AS $$
  UPDATE data_key d SET wrapped_by = p_wrapped_by, wrapped = n.wrapped
    FROM unnest(p_ids, p_wrapped) AS n (id, wrapped) WHERE d.id = n.id
$$;
