-- Return what is wrong with the values of a vector, or null. The type `vector` itself refuses NaN and
-- infinity. With the metric cosine a vector needs a direction: its distance to itself is NaN if it is
-- the zero vector, or if it is so short or so long (about 1e-23 or 1e19) that a float4 cannot hold the
-- squares of its values. pgvector would leave such short vectors out of the HNSW index without an error.
-- With the other metrics, the squared distance or the product of two vectors of the longest allowed length
-- still fits a float4. Beyond that, scores would be infinite or NaN.
--
-- If the table or the HNSW index stores float16, the values must fit float16; all of them do if the
-- length of the vector does. The HNSW index of the metric cosine holds only directions, which always fit.
create or replace function pgvectorize_private._values_problem(
    target  pgvectorize_private.indexes,
    vector  @vector@.vector
)
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
            then case
                when @vector@.vector_norm(vector) = 0
                    then 'a vector of length zero has no direction, which cosine needs'
                else 'a vector so short or so long has no direction in float32, which cosine needs'
            end
        when target.metric <> 'cosine'
            and @vector@.vector_norm(vector) > pgvectorize_private._limit('vector_length', false)
            then 'the vector is longer than 9e18, so that its distances do not fit a float32'
        when not pgvectorize_private._must_fit_float16(target) then null
        when @vector@.vector_norm(vector) >= 65520 then pgvectorize_private._float16_problem(target, vector)
        when target.metric = 'cosine'
            and vector::@vector@.halfvec operator(@vector@.<=>) vector::@vector@.halfvec = 'NaN'
            then 'rounded to float16 the vector has length zero and no direction, which cosine needs'
    end
$$;

comment on function pgvectorize_private._values_problem
    is 'What is wrong with the values of a vector, or null.';
