-- What a person who is signed in may do, rep, manager or admin: read the whole book, keep it, and their own settings.
-- On which rows is told by the policies; accounts are guarded by the trigger guard_users, so nobody raises their own
-- role. People archive, so nothing of the business is deleted but links and the firm's own lists. Counts, trails and the
-- primary contact of an opportunity are kept by triggers, which run as the owner.
grant select on all tables in schema public to kp_staff;
grant insert, update on
    organizations, contacts, products, opportunities, interactions,
    employments, contact_advocacies, product_distributors, distributor_principals, samples
    to kp_staff;
grant insert, update, delete on organization_aliases, person_aliases to kp_staff;
grant insert, update, delete on opportunity_products, opportunity_principals to kp_staff;
grant insert (opportunity_id, contact_id, role, version), update (role, version), delete
    on opportunity_contacts to kp_staff;
grant insert, delete on interaction_principals to kp_staff;
grant insert, update, delete on activity_goals, picklist_values to kp_staff;
grant insert, update on notification_preferences, dashboard_preferences to kp_staff;
grant insert, delete on covers to kp_staff;
grant insert (kind, one_id, other_id, rejected_by, rejected_at), update (rejected_by, rejected_at)
    on duplicate_pairs to kp_staff;
grant insert, update, delete on saved_views, favorites, recent_items to kp_staff;
grant insert, delete on request_keys, sign_in_attempts to kp_staff;
grant update (location, fingerprint, answer) on request_keys to kp_staff;
grant insert on api_tokens to kp_staff;
grant update (revoked_at) on api_tokens to kp_staff;
grant insert on mail_messages, jobs, job_rows to kp_staff;
grant update (
    state, attempts, next_attempt_at, cancel_asked_at, finished_at, result, rows_total, rows_done, rows_before, updated_at
) on jobs to kp_staff;
grant update (state, reason, version, was, made_id) on job_rows to kp_staff;
grant update (read_at) on notifications to kp_staff;
grant insert on import_sessions to kp_staff;
grant update (state, problem, answers, job_id, updated_at) on import_sessions to kp_staff;
grant update (kind, is_chosen, header_row, headers, fingerprint, fields) on import_sheets to kp_staff;
grant insert, update on import_layouts to kp_staff;
grant insert on users to kp_staff;
grant update (
    email, full_name, role, manager_id, active, time_zone, has_single_keys, quiet_from, quiet_until, password,
    fs_uniquifier, last_login_at, current_login_at, last_login_ip, current_login_ip, login_count, two_factor_on_at,
    tf_totp_secret, tf_last_counter, mf_recovery_codes, updated_at
) on users to kp_staff;
-- The archive of the old database holds amounts; nobody who is signed in reads those.
revoke select on legacy_archive from kp_staff;
grant select (source_table, legacy_id, shown, archived_at) on legacy_archive to kp_staff;
-- What a merge moved holds what colleagues keep for themselves; the functions that merge and split read it as the owner.
revoke select on merge_moves from kp_staff;
