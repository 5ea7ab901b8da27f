-- The rights of the running hub, where the deployment separates it from the owner of the tables.

-- Give `role_name` what the running hub needs and no more: it reads everything, adds to append-only
-- tables, deletes only where rows may go, and changes holdings only through change_holdings().
CREATE FUNCTION grant_application(role_name text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    place text := quote_ident(current_schema());
    name text;
    rights text;
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA %s TO %I', place, role_name);
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %s TO %I', place, role_name);
    EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %s TO %I', place, role_name);
    FOR name, rights IN
        SELECT c.relname,
               CASE
                   WHEN bool_or(t.tgname = 'append_only') THEN 'INSERT'
                   WHEN bool_or(t.tgname = 'never_deleted') THEN 'INSERT, UPDATE'
                   ELSE 'INSERT, UPDATE, DELETE'
               END
        FROM pg_class c
        LEFT JOIN pg_trigger t ON t.tgrelid = c.oid
        WHERE c.relnamespace = current_schema()::regnamespace
          AND c.relkind = 'r'
          AND c.relname NOT IN ('holding', 'alembic_version')
        GROUP BY c.relname
    LOOP
        EXECUTE format('GRANT %s ON %s.%I TO %I', rights, place, name, role_name);
    END LOOP;
    EXECUTE format('GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA %s TO %I', place, role_name);
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s.grant_application FROM %I', place, role_name);
END $$;

DO $$
BEGIN
    EXECUTE format('REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA %I FROM PUBLIC', current_schema());
END $$;
