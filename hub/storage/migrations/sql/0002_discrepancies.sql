-- A discrepancy is found again by its dispute and its serials, no longer by a fingerprint.

ALTER TABLE discrepancy
    DROP COLUMN fingerprint,
    ADD COLUMN aspect text NOT NULL,
    ADD COLUMN sources text[] NOT NULL,
    ADD COLUMN dispute_sources text[] NOT NULL,
    ADD COLUMN series_id integer,
    ADD COLUMN tonnes bigint NOT NULL,
    ADD COLUMN evidence_digest text NOT NULL,
    ADD COLUMN acknowledged_by text[] DEFAULT '{}' NOT NULL,
    ADD COLUMN accepted_by text[] DEFAULT '{}' NOT NULL,
    ADD CONSTRAINT discrepancy_series_id_fkey FOREIGN KEY(series_id) REFERENCES series (series_id);
CREATE INDEX discrepancy_series_id ON discrepancy (series_id);

-- The disputed serials of now; how they were before stands in the history.
DROP TRIGGER never_deleted ON discrepancy_interval;

ALTER TABLE discrepancy_event ADD COLUMN details jsonb DEFAULT '{}' NOT NULL;

CREATE TABLE reconciliation_standing (
    registry text NOT NULL,
    last_attempt_at timestamptz NOT NULL,
    last_result text NOT NULL,
    last_words text NOT NULL,
    last_run_id uuid NOT NULL,
    good_at timestamptz,
    good_stated_at timestamptz,
    good_run_id uuid,
    full_at timestamptz,
    units_compared bigint,
    coverage jsonb DEFAULT '{}' NOT NULL,
    CONSTRAINT reconciliation_standing_pkey PRIMARY KEY (registry),
    CONSTRAINT reconciliation_standing_registry_fkey
        FOREIGN KEY(registry) REFERENCES registry (registry)
);
COMMENT ON TABLE reconciliation_standing IS
    'How each registry was last compared: when, with what result, and how much of it.';

-- One instant may be stated series by series: the scope is part of what was asked.
ALTER TABLE statement
    ALTER COLUMN source_record SET DEFAULT '',
    ALTER COLUMN source_record SET NOT NULL,
    DROP CONSTRAINT statement_registry_level_source_stated_at_key,
    ADD CONSTRAINT statement_registry_level_source_source_record_stated_at_key
        UNIQUE (registry, level, source, source_record, stated_at);
