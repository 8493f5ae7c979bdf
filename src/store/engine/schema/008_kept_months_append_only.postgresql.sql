create trigger kept_months_append_only before update or delete or truncate on kept_months
    for each statement execute function refuse_change();
