-- When an installer was last downloaded by the link, so that an undo knows of it; 0: never.
alter table install_links add column downloaded_at_us bigint not null default 0;
