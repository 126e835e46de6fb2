-- Whose rows a transaction may touch (libs/pg/scope.h), for the policies of row-level
-- security. Null where no scope is set, and null equals nothing. Included by a service's
-- first change with search_path set to its schema.
CREATE FUNCTION scope_municipality() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT NULLIF(current_setting('samverkan.municipality', true), '') $$;

CREATE FUNCTION scope_authority() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT NULLIF(current_setting('samverkan.authority', true), '') $$;
