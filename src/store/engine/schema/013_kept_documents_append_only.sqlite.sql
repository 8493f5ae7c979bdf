create trigger kept_documents_no_update before update on kept_documents
begin
    select raise(abort, 'kept_documents is append-only');
end;
create trigger kept_documents_no_delete before delete on kept_documents
begin
    select raise(abort, 'kept_documents is append-only');
end;
