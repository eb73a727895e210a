-- When mail reaches somebody is their own affair.
create policy system_all on notification_preferences to kp_system using (true) with check (true);
create policy own on notification_preferences to kp_staff
    using (user_id = (select app_user_id()) and (select app_team()) is not null)
    with check (user_id = (select app_user_id()) and (select app_team()) is not null);
-- Managers and admins answer for it that mail comes, so they see when it should.
create policy answer_for on notification_preferences for select to kp_staff
    using ((select app_role()) = any (array['manager', 'admin']));
