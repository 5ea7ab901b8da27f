-- Processes remember what they have read of the register for as long as its version stands.

CREATE TABLE register_head (
    head_id integer NOT NULL,
    version bigint NOT NULL,
    CONSTRAINT register_head_pkey PRIMARY KEY (head_id),
    CONSTRAINT register_head_only_one CHECK (head_id = 1)
) WITH (fillfactor = 50);
COMMENT ON TABLE register_head IS
    'The version of the register: it grows with each transaction that changes what slices read of it.';
INSERT INTO register_head VALUES (1, 1);

CREATE FUNCTION register_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path FROM CURRENT
    AS $$
BEGIN
    UPDATE register_head SET version = version + 1;
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION register_changed FROM PUBLIC;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'account', 'approach_authorization', 'initial_report', 'activity', 'maintenance_window'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER register_changed AFTER INSERT OR UPDATE OR DELETE ON %I '
            'FOR EACH STATEMENT EXECUTE FUNCTION register_changed()', name);
    END LOOP;
END $$;
CREATE TRIGGER register_changed
    AFTER INSERT OR DELETE OR UPDATE OF party, kind, name, suspended ON registry
    FOR EACH STATEMENT EXECUTE FUNCTION register_changed();
CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON register_head
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Take the locks of a batch in their one order: the register (alone to change it), then every series,
-- by key. `series_names` spells the series of the batch as approach/registry/party/vintage; those
-- of the older transfers and actions among `records` come on top and are returned.
-- Each statement of a function sees what is committed when it begins, so `version` and `frozen`
-- are read after the wait.
CREATE FUNCTION open_slice(
    alone boolean, series_names text[], records uuid[],
    OUT version bigint, OUT older integer[], OUT frozen boolean
) LANGUAGE plpgsql AS $$
DECLARE
    register_key CONSTANT bigint := 396361730;
    key bigint;
BEGIN
    IF alone THEN
        PERFORM pg_advisory_xact_lock(register_key);
    ELSE
        PERFORM pg_advisory_xact_lock_shared(register_key);
    END IF;
    IF cardinality(records) > 0 THEN
        older := ARRAY(
            SELECT b.series_id FROM transfer_block b WHERE b.transfer_id = ANY (records)
            UNION
            SELECT b.series_id FROM action_block b WHERE b.message_id = ANY (records)
        );
        IF cardinality(older) > 0 THEN
            series_names := series_names || ARRAY(
                SELECT concat_ws('/', s.approach, s.registry, s.first_party, s.vintage)
                FROM series s WHERE s.series_id = ANY (older)
            );
        END IF;
    END IF;
    FOR key IN
        SELECT DISTINCT hashtextextended(n.name, 0) FROM unnest(series_names) AS n (name) ORDER BY 1
    LOOP
        PERFORM pg_advisory_xact_lock(key);
    END LOOP;
    SELECT h.version INTO version FROM register_head h;
    frozen := EXISTS (SELECT FROM unit_freeze f WHERE f.lifted_at IS NULL);
END $$;
REVOKE EXECUTE ON FUNCTION open_slice FROM PUBLIC;
