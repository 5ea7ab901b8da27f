-- What the database refuses, whoever asks: changes to what is written once, and the end of an end.

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', HINT = 'Add a new record instead.';
END $$;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'maintenance_window', 'series', 'issuance', 'unit_event', 'authorization_record',
        'authorization_entity', 'decision', 'transfer_block', 'transfer_first_transfer',
        'action_block', 'correction', 'envelope', 'message', 'receipt', 'journal_leaf',
        'cosignature', 'statement_page', 'discrepancy_event', 'aef_row'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I '
            'FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY[
        'party', 'registry', 'trusted_key', 'account', 'entity', 'authorization_state',
        'activity', 'allotment', 'initial_report', 'transfer', 'action_record', 'outbox',
        'journal_head', 'journal_tile', 'checkpoint', 'witnessed_log', 'discrepancy',
        'discrepancy_interval', 'unit_freeze', 'aef_submission'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON %I '
            'FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name);
    END LOOP;
END $$;

CREATE TRIGGER never_truncated BEFORE TRUNCATE ON holding
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A transfer that has ended stays ended.
CREATE TRIGGER final_states_are_final BEFORE UPDATE ON transfer FOR EACH ROW
    WHEN (OLD.state IN ('completed', 'refused', 'rejected', 'withdrawn', 'expired')
          AND NEW.state <> OLD.state)
    EXECUTE FUNCTION refuse_change();

-- The journal only grows, and no size ever gets a second root.
CREATE TRIGGER only_grows BEFORE UPDATE ON journal_tile FOR EACH ROW
    WHEN (substring(NEW.hashes FOR octet_length(OLD.hashes)) <> OLD.hashes
          OR NEW.level <> OLD.level OR NEW.position <> OLD.position)
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER only_grows BEFORE UPDATE ON journal_head FOR EACH ROW
    WHEN (NEW.size < OLD.size)
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER one_root_a_size BEFORE UPDATE ON checkpoint FOR EACH ROW
    WHEN (NEW.size <> OLD.size OR NEW.root <> OLD.root OR NEW.note <> OLD.note)
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER only_grows BEFORE UPDATE ON witnessed_log FOR EACH ROW
    WHEN (NEW.size < OLD.size OR (NEW.size = OLD.size AND NEW.root <> OLD.root))
    EXECUTE FUNCTION refuse_change();

INSERT INTO journal_head (head_id, size, peaks) VALUES (1, 0, '{}');
