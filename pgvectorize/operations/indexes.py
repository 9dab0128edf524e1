"""Operations on an index as a whole: create, read, change and delete it."""

from functools import partial

from pgvectorize.models import IndexDescription, IndexInfo
from pgvectorize.operations.calls import many, nothing, one

create_index = partial(one, IndexInfo, "create_index")
get_index = partial(one, IndexInfo, "get_index")
list_indexes = partial(many, IndexInfo, "list_indexes")
update_index = partial(one, IndexInfo, "update_index")
delete_index = partial(nothing, "delete_index")
describe = partial(one, IndexDescription, "describe")
