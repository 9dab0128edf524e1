-- Say what is wrong with a vector's values, or null. The type `vector` itself
-- refuses NaN and infinity. Under cosine a vector needs a direction: the
-- distance to itself is NaN for a zero vector, and for one so short or so long
-- that its squares leave float4 (about 1e-23 and 1e19); pgvector would leave
-- the former out of the HNSW index without a word.
--
-- Where float16 keeps the values, in the table or, unless it is that of directions,
-- in the HNSW index, they must fit it; a vector no longer than the largest does.
create or replace function pgvectorize_private._values_problem(target pgvectorize_private.indexes, vector @vector@.vector)
returns text
language sql
immutable
parallel safe
as $$
    select case
        when vector is null then 'values are missing'
        when @vector@.vector_dims(vector) <> target.dimensions
            then format('expected %s dimensions, got %s', target.dimensions, @vector@.vector_dims(vector))
        when target.metric = 'cosine' and vector operator(@vector@.<=>) vector = 'NaN'
            then 'a vector of length zero has no direction, which cosine needs'
        when not pgvectorize_private._must_fit_float16(target) then null
        when @vector@.vector_norm(vector) >= 65520 then pgvectorize_private._float16_problem(target, vector)
        when target.metric = 'cosine'
            and vector::@vector@.halfvec operator(@vector@.<=>) vector::@vector@.halfvec = 'NaN'
            then 'as float16 the vector has the length zero and no direction, which cosine needs'
    end
$$;

comment on function pgvectorize_private._values_problem
    is 'What is wrong with the values of a vector, or null.';
