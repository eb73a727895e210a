-- What a person who is signed in may do, rep, manager or admin: read the whole book, keep it, and their own settings.
-- People archive, so nothing of the business is deleted but links. The counts are kept by triggers, which run as the
-- owner. Nobody raises their own role: role, manager_id and active are not among the columns of users.
grant select on all tables in schema public to kp_staff;
grant insert, update on organizations, contacts, products, opportunities, interactions to kp_staff;
grant insert, update, delete on organization_aliases, person_aliases to kp_staff;
grant insert, update, delete on opportunity_products, opportunity_principals to kp_staff;
grant insert, delete on interaction_principals to kp_staff;
grant insert, update on notification_preferences to kp_staff;
grant insert, delete on request_keys, sign_in_attempts to kp_staff;
grant update (location) on request_keys to kp_staff;
grant insert on mail_messages, jobs to kp_staff;
grant update (
    full_name, time_zone, has_single_keys, password, fs_uniquifier, last_login_at, current_login_at, last_login_ip,
    current_login_ip, login_count, updated_at
) on users to kp_staff;
