-- Deploy audit:entries to pg
-- requires: appschema

BEGIN;
SET LOCAL ROLE samverkan_audit_owner;

-- How long the log is. Every append locks this row first, so that indexes are dense
-- and given in one order whatever the number of instances. What a tree needs
-- (epoch, root, frontier) is added to this one row.
CREATE TABLE audit.log_state (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  size bigint NOT NULL DEFAULT 0 CHECK (size >= 0),
  last_record_time timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO audit.log_state DEFAULT VALUES;

-- The log. Rows are never changed or deleted. Everything here follows from the leaf,
-- which holds no personal data; municipality and authority stand beside it because
-- a reader's scope is checked on them.
--
-- Can be partitioned by ranges of `index`: nothing here is unique by anything else.
CREATE TABLE audit.entry (
  index bigint PRIMARY KEY CHECK (index >= 0),
  municipality text NOT NULL,
  authority text NOT NULL,
  leaf bytea NOT NULL,
  -- A bit that flips between hashing and storing would break the tree for ever.
  leaf_hash bytea NOT NULL CHECK (leaf_hash = sha256('\x00'::bytea || leaf)),
  -- Never before that of an earlier index, even when the clock goes back.
  record_time timestamptz NOT NULL
);

-- Which entries are there, by their producer's own id. A table of its own, because a
-- partitioned one cannot have a key without the column that it is partitioned by.
CREATE TABLE audit.entry_key (
  producer text NOT NULL,
  entry uuid NOT NULL,
  index bigint NOT NULL,
  PRIMARY KEY (producer, entry)
);

-- What is erased when its time comes, with its search tags. The entry stays.
CREATE TABLE audit.private_part (
  index bigint PRIMARY KEY,
  municipality text NOT NULL,
  authority text NOT NULL,
  -- When the act took place.
  time timestamptz NOT NULL,
  -- Of the entry alone: whoever destroys it has erased what every backup holds of the body.
  data_key uuid NOT NULL,
  -- samverkan.audit.store.v1.PrivateBody, serialized and sealed (services/audit/sealed_part.h).
  body bytea NOT NULL,
  -- What is known of it without reading the body. Numbers of samverkan.access.v1.Action,
  -- samverkan.audit.v1.Outcome and samverkan.access.v1.Role; of RiskSign a bit set, in
  -- which bit n - 1 stands for number n.
  method text NOT NULL,
  action smallint NOT NULL,
  outcome smallint NOT NULL,
  role smallint NOT NULL,
  signs smallint NOT NULL,
  -- Keyed hashes of the actor's subject and system, as in search_tag.
  actor bytea NOT NULL CHECK (octet_length(actor) = 16),
  system bytea NOT NULL CHECK (octet_length(system) = 16)
);
-- Spans of time. It answers alone what a log review asks of a whole year, where vacuum has
-- passed over what was added: so that passes early.
CREATE INDEX private_part_by_time ON audit.private_part (municipality, authority, time)
  INCLUDE (index, action, outcome, role, signs, actor, system);
ALTER TABLE audit.private_part SET (autovacuum_vacuum_insert_scale_factor = 0.02);
-- Everything newest first, and the few entries with a risk sign.
CREATE INDEX private_part_by_index ON audit.private_part (municipality, authority, index);
CREATE INDEX private_part_with_signs ON audit.private_part (municipality, authority, index) WHERE signs <> 0;

-- Finds entries by child, actor and resource. A tag is a keyed hash of what is
-- searched for and of the municipality and authority, so that it finds nothing in
-- another authority and says nothing without the key.
CREATE TABLE audit.search_tag (
  tag bytea NOT NULL CHECK (octet_length(tag) = 16),
  index bigint NOT NULL,
  -- What the tag stands for: 1 a child, 2 an actor, 3 a resource (services/audit/search_tag.h).
  kind smallint NOT NULL,
  PRIMARY KEY (tag, index)
);
-- The children of an entry, without reading it.
CREATE INDEX search_tag_of_child ON audit.search_tag (index) INCLUDE (tag) WHERE kind = 1;
ALTER TABLE audit.search_tag SET (autovacuum_vacuum_insert_scale_factor = 0.02);

COMMIT;
