-- For constraint triggers at the end of a transaction: an interaction is about at least one of an opportunity, a
-- contact, an organization or a principal. At the end, because principals are named once the interaction is there.
create or replace function check_interaction_subject() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public
as $$
declare
    its_id bigint := case when tg_op = 'DELETE' then old.interaction_id else new.interaction_id end;
begin
    if exists (
        select from interactions i
        where i.interaction_id = its_id
            and i.opportunity_id is null and i.contact_id is null and i.organization_id is null
            and not exists (select from interaction_principals ip where ip.interaction_id = i.interaction_id)
    ) then
        raise check_violation using
            message = format('interaction %s is about nobody', its_id),
            hint = 'Name an opportunity, a contact, an organization or a principal.',
            table = 'interactions',
            constraint = 'ck_interactions_subject';
    end if;
    return null;
end
$$;
