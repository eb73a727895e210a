-- Let the saved views of one list that ask for a word ask for another one instead: `was` and `becomes` are an argument
-- each as an address has it (segment=Bar%2FLounge). Gives the keys of the views changed; with `among`, only of those.
-- A view is its person's own, so an admin who renames a word may do this one thing to it and cannot read it. A view that
-- would grow beyond what can be kept stays as it is.
create or replace function rename_in_saved_views(of_list text, was text, becomes text, among bigint[] default null)
    returns setof bigint
    language plpgsql security definer set search_path = pg_catalog, public
as $$
begin
    if current_setting('role') not in ('none', 'kp_owner') and app_role() is distinct from 'admin' then
        raise insufficient_privilege using message = 'only an admin renames words';
    end if;

    return query
        update saved_views as view
        set query = trim(both '&' from replace('&' || view.query || '&', '&' || was || '&', '&' || becomes || '&'))
        where view.list_name = of_list
            and (among is null or view.saved_view_id = any (among))
            and strpos('&' || view.query || '&', '&' || was || '&') > 0
            and char_length(view.query) + char_length(becomes) - char_length(was) <= 4000
        returning view.saved_view_id;
end
$$;
revoke execute on function rename_in_saved_views(text, text, text, bigint[]) from public;
grant execute on function rename_in_saved_views(text, text, text, bigint[]) to kp_staff;
