create trigger kept_documents_append_only before update or delete or truncate on kept_documents
    for each statement execute function refuse_change();
