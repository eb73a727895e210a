-- What the web's login role may do before a person is named: find who signs in, note that they did and which code of
-- theirs is spent, count failed tries, and put a reset mail into the ledger. It sees no business row, and of a letter
-- not the body: that holds the key.
grant select on users, firm_settings, heartbeats to kp_web;
-- Before it serves anybody it looks how far the tables are.
grant select on alembic_version to kp_web;
grant update (
    password, fs_uniquifier, last_login_at, current_login_at, last_login_ip, current_login_ip, login_count,
    tf_last_counter, mf_recovery_codes, updated_at
) on users to kp_web;
grant select, insert, delete on sign_in_attempts to kp_web;
grant insert on mail_messages to kp_web;
grant select (
    mail_message_id, delivery_id, message_id, to_address, is_secret, state, attempts, next_attempt_at, lease_until,
    lease_token, sent_at, created_at, updated_at
) on mail_messages to kp_web;
-- Whoever brings a token is found by its hash; when it was used last is noted to the minute.
grant select on api_tokens to kp_web;
grant update (last_used_at) on api_tokens to kp_web;
-- For /ops and /metrics, asked by a machine with the token: how much waits and how long, and nothing of what it says.
grant select (delivery_id, user_id, kind, state, due_at) on deliveries to kp_web;
grant select (job_id, kind, state, attempts, next_attempt_at, lease_until, created_at, updated_at) on jobs to kp_web;
