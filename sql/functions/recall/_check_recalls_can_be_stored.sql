-- Refuse to measure recall if the result cannot be stored, before the measurement begins.
create or replace function pgvectorize_private._check_recalls_can_be_stored()
returns void
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    hint constant text := 'To measure without storing, use recall(…, store => false).';
begin
    if current_setting('transaction_read_only')::boolean then
        perform pgvectorize_private._refuse_request(
            'recall cannot be stored in a read-only transaction', hint
        );
    elsif not has_table_privilege('pgvectorize_private.recalls', 'insert') then
        raise insufficient_privilege using message = 'permission denied for table recalls', hint = hint;
    end if;
end;
$$;

comment on function pgvectorize_private._check_recalls_can_be_stored
    is 'Refuse to measure recall if the result cannot be stored.';
