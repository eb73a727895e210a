-- Made by bin/docs. The way down from 013 to 012, for kp_owner, after objects.sql.
set lock_timeout = '3s';

BEGIN;

-- Running downgrade 013 -> 012

drop table notifications;
        drop table files;
        drop table job_rows;
        drop index ix_jobs_finished_at;
        drop index ix_jobs_waiting;
        alter table jobs
            drop column queue, drop column asked, drop column rows_total, drop column rows_done,
            drop column rows_before, drop column cancel_asked_at;
        drop type job_queue_enum;
        drop type job_row_state_enum;
        alter type job_state_enum rename to job_state_enum_with_stopped;
        create type job_state_enum as enum ('planned', 'running', 'done', 'failed');
        alter table jobs alter column state drop default;
        alter table jobs alter column state type job_state_enum
            using (case state::text when 'stopped' then 'failed' else state::text end)::job_state_enum;
        alter table jobs alter column state set default 'planned';
        drop type job_state_enum_with_stopped;
        create index ix_jobs_waiting on jobs (next_attempt_at) where state in ('planned', 'running');;

UPDATE alembic_version SET version_num='012' WHERE alembic_version.version_num = '013';

COMMIT;
