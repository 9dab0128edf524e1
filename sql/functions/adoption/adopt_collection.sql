-- Copy a collection that another library left in this database into a new index.
--
-- library      vecs: the table vecs."<collection>" (id, vec, metadata)
--              langchain: the rows of that collection in langchain_pg_embedding, as
--              langchain-postgres (id) or langchain-community (custom_id, uuid) writes them
-- document     langchain: store the document as content
-- embeddings, collections
--              LangChain's tables; the caller's search path finds them
create or replace function pgvectorize.adopt_collection(
    name         text,
    library      text,
    collection   text,
    metric       text,
    document     boolean default true,
    description  text default null,
    embeddings   regclass default to_regclass('langchain_pg_embedding'),
    collections  regclass default to_regclass('langchain_pg_collection')
)
returns pgvectorize.index_info
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    id         text := 'stored.id::text';
    dimensions integer;
    is_there   boolean;
begin
    if library = 'vecs' then
        embeddings := to_regclass(format('vecs.%I', collection));
        if embeddings is null then
            perform pgvectorize_private._refuse_request(
                format('vecs has no collection "%s"', left(collection, 100)),
                'A collection is a table in the schema vecs.'
            );
        end if;
        return pgvectorize.adopt_index(
            name => name, relation => embeddings, id_column => 'id', embedding_column => 'vec',
            metadata_column => 'metadata', metric => metric, description => description
        );
    elsif library is distinct from 'langchain' then
        perform pgvectorize_private._refuse_request(
            format('library "%s" is not known', left(library, 100)), 'The libraries are vecs and langchain.'
        );
    end if;

    if exists (
            select from pg_attribute as attribute
            where attribute.attrelid = collections and attribute.attname = 'name'
        )
        and exists (
            select from pg_attribute as attribute
            where attribute.attrelid = embeddings and attribute.attname = 'collection_id'
        )
    then
        execute format('select exists (select from %s where name = $1)', collections)
        into is_there using collection;
    end if;
    if is_there is not true then
        perform pgvectorize_private._refuse_request(
            format('langchain has no collection "%s"', left(collection, 100)),
            'A collection is a row in langchain_pg_collection, which must be on the search path.'
        );
    end if;

    if not exists (
        select from pg_attribute as attribute
        where attribute.attrelid = embeddings and attribute.attname = 'id' and not attribute.attisdropped
    ) then
        id := 'coalesce(stored.custom_id::text, stored.uuid::text)';
    end if;
    select nullif(attribute.atttypmod, -1) into dimensions
    from pg_attribute as attribute
    where attribute.attrelid = embeddings and attribute.attname = 'embedding';
    return pgvectorize_private._adopt_copy(
        name,
        format(
            $sql$
            select
                %s, null::text, stored.embedding, nullif(stored.cmetadata::jsonb, 'null'),
                case when %L then stored.document end
            from %s as stored
            join %s as collection on collection.uuid = stored.collection_id
            where collection.name = %L
            $sql$,
            id, document, embeddings, collections, collection
        ),
        metric, dimensions, description
    );
end;
$$;

comment on function pgvectorize.adopt_collection
    is 'Make an index of a collection of vecs or LangChain.';
