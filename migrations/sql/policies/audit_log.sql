-- The trail across rows is for managers and admins; row_history() shows everybody the history of one row. Nobody but the
-- triggers, which run as the owner, writes it.
create policy system_read on audit_log for select to kp_system using (true);
create policy read_across on audit_log for select to kp_staff
    using ((select app_role()) = any (array['manager', 'admin']));
