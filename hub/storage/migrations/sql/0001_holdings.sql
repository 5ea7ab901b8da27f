-- Holdings change through one function, which lets no serial be lost or doubled.

-- Functions keep the search path of their making; temporary tables come last, lest they shadow ours.
SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

-- XOR over the blocks of a series telescopes: cutting or joining blocks leaves it as it is, a lost
-- or doubled serial changes it. It is compared only with itself inside one database.
CREATE FUNCTION coverage_digest(series_id integer, first bigint, last bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN hashint8extended(first, series_id) # hashint8extended(last + 1, series_id);

-- The series whose holdings are not exactly what was issued. Empty when all is well.
CREATE FUNCTION coverage_differences(only_series integer[] DEFAULT NULL)
    RETURNS TABLE (series_id integer, units_issued numeric, units_held numeric)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        WITH issued AS (
            SELECT i.series_id,
                   sum(i.last - i.first + 1) AS units,
                   bit_xor(coverage_digest(i.series_id, i.first, i.last)) AS digest
            FROM issuance i
            WHERE only_series IS NULL OR i.series_id = ANY (only_series)
            GROUP BY i.series_id
        ), held AS (
            SELECT h.series_id,
                   sum(h.last - h.first + 1) AS units,
                   bit_xor(coverage_digest(h.series_id, h.first, h.last)) AS digest
            FROM holding h
            WHERE only_series IS NULL OR h.series_id = ANY (only_series)
            GROUP BY h.series_id
        )
        SELECT series_id, coalesce(issued.units, 0), coalesce(held.units, 0)
        FROM issued FULL JOIN held USING (series_id)
        WHERE issued.units IS DISTINCT FROM held.units
           OR issued.digest IS DISTINCT FROM held.digest
        ORDER BY series_id;
    END;

-- Apply one batch: remove rows, change the first `changed` of the given rows in place, add the
-- others. The serials before, and those of the issuances `born` in this batch, must be exactly the
-- serials after. What the rows refer to is checked once for the batch, not row by row; it is never
-- deleted. Rows come sorted by (series, first); shrinking before adding makes room.
CREATE FUNCTION change_holdings(
    removed_series integer[], removed_first bigint[], changed integer,
    new_series integer[], new_first bigint[], new_last bigint[], new_account integer[],
    new_status text[], new_issuance uuid[], new_activity text[], new_authorization integer[],
    new_first_transfer uuid[], new_reserved_by uuid[], new_last_record uuid[],
    new_quantity numeric[], new_unit text[],
    born uuid[]
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
    SET search_path FROM CURRENT
    AS $$
DECLARE
    digest_before bigint;
    digest_after bigint;
    units_before numeric;
    units_after numeric;
    affected integer;
BEGIN
    SELECT coalesce(bit_xor(coverage_digest(b.series_id, b.first, b.last)), 0),
           coalesce(sum(b.last - b.first + 1), 0)
    INTO digest_before, units_before
    FROM (
        SELECT h.series_id, h.first, h.last
        FROM unnest(removed_series || new_series[:changed], removed_first || new_first[:changed])
             AS k (series_id, first)
        JOIN holding h ON h.series_id = k.series_id AND h.first = k.first
        UNION ALL
        SELECT i.series_id, i.first, i.last FROM issuance i WHERE i.message_id = ANY (born)
    ) b;
    SELECT coalesce(bit_xor(coverage_digest(n.series_id, n.first, n.last)), 0),
           coalesce(sum(n.last - n.first + 1), 0)
    INTO digest_after, units_after
    FROM unnest(new_series, new_first, new_last) AS n (series_id, first, last);
    IF digest_before <> digest_after OR units_before <> units_after THEN
        RAISE EXCEPTION 'serials would be lost or doubled: % units before, % after',
            units_before, units_after USING ERRCODE = 'integrity_constraint_violation';
    END IF;

    IF EXISTS (
        SELECT FROM (SELECT DISTINCT unnest(new_series)) AS n (series_id)
        WHERE NOT EXISTS (SELECT FROM series s WHERE s.series_id = n.series_id)
        UNION ALL
        SELECT FROM (SELECT DISTINCT unnest(new_account)) AS n (account_id)
        WHERE NOT EXISTS (SELECT FROM account a WHERE a.account_id = n.account_id)
        UNION ALL
        SELECT FROM (SELECT DISTINCT unnest(new_authorization)) AS n (authorization_ref)
        WHERE n.authorization_ref IS NOT NULL AND NOT EXISTS (
            SELECT FROM authorization_state a WHERE a.authorization_ref = n.authorization_ref)
    ) THEN
        RAISE EXCEPTION 'a holding names a series, account or authorization that is not there'
            USING ERRCODE = 'foreign_key_violation';
    END IF;

    DELETE FROM holding h
    USING unnest(removed_series, removed_first) AS k (series_id, first)
    WHERE h.series_id = k.series_id AND h.first = k.first;
    GET DIAGNOSTICS affected = ROW_COUNT;
    IF affected <> cardinality(removed_series) THEN
        RAISE EXCEPTION 'holdings changed meanwhile' USING ERRCODE = 'serialization_failure';
    END IF;

    UPDATE holding h
    SET last = n.last, account_id = n.account_id, status = n.status, issuance = n.issuance,
        activity = n.activity, authorization_ref = n.authorization_ref,
        first_transfer = n.first_transfer, reserved_by = n.reserved_by,
        last_record = n.last_record, quantity = n.quantity, unit = n.unit
    FROM unnest(
        new_series[:changed], new_first[:changed], new_last[:changed], new_account[:changed],
        new_status[:changed], new_issuance[:changed], new_activity[:changed],
        new_authorization[:changed], new_first_transfer[:changed], new_reserved_by[:changed],
        new_last_record[:changed], new_quantity[:changed], new_unit[:changed]
    ) AS n (series_id, first, last, account_id, status, issuance, activity, authorization_ref,
            first_transfer, reserved_by, last_record, quantity, unit)
    WHERE h.series_id = n.series_id AND h.first = n.first;
    GET DIAGNOSTICS affected = ROW_COUNT;
    IF affected <> changed THEN
        RAISE EXCEPTION 'holdings changed meanwhile' USING ERRCODE = 'serialization_failure';
    END IF;

    INSERT INTO holding (series_id, first, last, account_id, status, issuance, activity,
                         authorization_ref, first_transfer, reserved_by, last_record, quantity,
                         unit)
    SELECT * FROM unnest(
        new_series[changed + 1:], new_first[changed + 1:], new_last[changed + 1:],
        new_account[changed + 1:], new_status[changed + 1:], new_issuance[changed + 1:],
        new_activity[changed + 1:], new_authorization[changed + 1:],
        new_first_transfer[changed + 1:], new_reserved_by[changed + 1:],
        new_last_record[changed + 1:], new_quantity[changed + 1:], new_unit[changed + 1:]);
END $$;
