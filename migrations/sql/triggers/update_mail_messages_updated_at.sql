-- mail_messages.updated_at is the moment of the last change, whoever made it.
create trigger update_mail_messages_updated_at
    before update on mail_messages
    for each row execute function update_updated_at_column();
