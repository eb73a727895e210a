-- Removed rows of users go into the audit trail.
create trigger audit_gone_users
    after delete on users
    referencing old table as was
    for each statement execute function audit('user_id', '', 'password fs_uniquifier last_login_at current_login_at last_login_ip current_login_ip login_count tf_totp_secret tf_last_counter mf_recovery_codes');
