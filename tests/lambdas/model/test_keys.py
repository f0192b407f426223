import re
from collections import defaultdict

import pytest
from builders import KEYS, NAMES, NOW, SUBTASK_KEYS, TASK_KEYS, any_fan_out_key, any_key
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmill.errors import InvalidKey
from taskmill.model.derived_codes import execution_name
from taskmill.model.keys import (
    CHUNK,
    SHARDS,
    BatchKey,
    Kind,
    TaskKey,
    batch_partition,
    idempotency_key,
    shard_partitions,
)

# Short names over few characters, so that keys collide whenever the scheme lets them.
CLOSE_NAMES = st.text("a0.-_", min_size=1, max_size=3).filter(lambda name: name[0] in "a0")
CLOSE_KEYS = st.one_of(
    st.builds(TaskKey, st.sampled_from(Kind), CLOSE_NAMES, CLOSE_NAMES, CLOSE_NAMES),
    st.builds(
        TaskKey,
        st.just(Kind.SFN_TASK),
        CLOSE_NAMES,
        CLOSE_NAMES,
        CLOSE_NAMES,
        st.sampled_from([0, 1, 9, 10, CHUNK - 1, CHUNK, 10 * CHUNK]),
    ),
)


@given(KEYS)
def test_a_public_key_reads_back_as_itself(key: TaskKey) -> None:
    assert TaskKey.parse(key.pk, key.sk) == key
    assert TaskKey.of(key.as_dict()) == key


@given(KEYS)
def test_a_stored_key_reads_back_as_itself(key: TaskKey) -> None:
    assert TaskKey.from_stored(*key.stored) == key


@given(TASK_KEYS, st.integers(0, 4_999))
def test_a_batch_key_reads_back_as_itself(key: TaskKey, number: int) -> None:
    parent = TaskKey(Kind.SFN_TASK, key.tenant, key.type, key.code)
    for spread in (True, False):
        batch = BatchKey(parent, number, spread=spread)

        assert BatchKey.from_stored(*batch.stored) == batch
        shard = f"#{number % 16}" if spread else ""
        assert batch.stored.pk == f"{batch_partition(parent)}{shard}"


@settings(max_examples=40)
@given(st.lists(CLOSE_KEYS, max_size=40).map(lambda keys: [*dict.fromkeys(keys)]), st.data())
def test_no_two_rows_share_a_stored_key(keys: list[TaskKey], data: st.DataObject) -> None:
    fan_outs = {key.parent for key in keys if key.kind is Kind.SFN_TASK}
    places = [key.stored for key in keys]
    places += [BatchKey(parent, number).stored for parent in fan_outs for number in (0, 1, 10)]
    tenants = {key.tenant for key in keys}
    for tenant in tenants:
        used = data.draw(st.text("a0#.-", min_size=1, max_size=4))
        places.append(idempotency_key(tenant, used))

    assert len(set(places)) == len(places)


def test_the_same_code_in_two_types_names_two_tasks() -> None:
    one = any_fan_out_key(type="import", code="7")
    other = TaskKey(one.kind, one.tenant, "export", "7")

    assert one.stored != other.stored
    assert one.subtask(0).stored != other.subtask(0).stored
    assert BatchKey(one, 0).stored != BatchKey(other, 0).stored
    assert execution_name(one, 1, NOW) != execution_name(other, 1, NOW)


def test_public_keys_have_the_documented_form() -> None:
    key = TaskKey(Kind.SFN_TASK, "mbc", "import", "01J", 12)

    assert key.as_dict() == {"pk": "SFN_TASK#mbc", "sk": "import#01J#12"}
    assert key.parent.as_dict() == {"pk": "SFN_TASK#mbc", "sk": "import#01J"}


@pytest.mark.parametrize("field", ["tenant", "type", "code"])
@pytest.mark.parametrize(
    "value", ["", "a#b", "#", "-a", ".a", "a b", "a/b", "ä", "a\n", "a" * 65, "٣", "a\0", "🙂"]
)
def test_a_name_with_other_characters_is_refused_and_named(field: str, value: str) -> None:
    with pytest.raises(InvalidKey, match=re.escape(repr(value))) as refused:
        any_key(**{field: value})

    assert refused.value.details["field"] == field


@given(st.text(max_size=70))
def test_a_name_is_either_refused_or_cannot_break_a_key(name: str) -> None:
    try:
        key = any_key(type=name)
    except InvalidKey:
        return
    assert "#" not in name
    assert TaskKey.parse(key.pk, key.sk) == key


@pytest.mark.parametrize(
    ("pk", "sk"),
    [
        ("TASK#t", "type"),
        ("TASK", "type#code"),
        ("OTHER#t", "type#code"),
        ("task#t", "type#code"),
        ("TASK#t", "type#code#0"),
        ("SFN_TASK#t", "type#code#01"),
        ("SFN_TASK#t", "type#code#-1"),
        ("SFN_TASK#t", "type#code#1.5"),
        ("SFN_TASK#t", "type#code#x"),
        ("SFN_TASK#t", "type#code#"),
        ("SFN_TASK#t", "type#code#1#2"),
        ("SFN_TASK#t#0", "type#code"),
        ("", ""),
        (None, None),
        (1, {}),
    ],
)
def test_what_is_no_key_is_refused(pk: str, sk: str) -> None:
    with pytest.raises(InvalidKey):
        TaskKey.parse(pk, sk)


def test_a_mapping_without_pk_or_sk_is_no_key() -> None:
    with pytest.raises(InvalidKey, match="'sk'"):
        TaskKey.of({"pk": "TASK#t"})


@given(TASK_KEYS)
def test_a_task_lies_in_one_of_the_partitions_that_a_list_asks(key: TaskKey) -> None:
    assert key.stored.pk in shard_partitions(key.kind, key.tenant)


def test_tasks_spread_over_all_partitions() -> None:
    tenant, count = "t", 800
    load = defaultdict(int)
    for number in range(count):
        load[TaskKey(Kind.TASK, tenant, "export", f"{number:026}").stored.pk] += 1

    assert len(load) == SHARDS
    assert max(load.values()) < 2 * count / SHARDS


@given(SUBTASK_KEYS)
def test_subtasks_of_a_partition_sort_by_index(key: TaskKey) -> None:
    following = key.subtask((key.index or 0) + 1)

    if following.stored.pk == key.stored.pk:
        assert key.stored.sk < following.stored.sk
    else:
        assert (following.index or 0) % CHUNK == 0


@given(NAMES, NAMES, NAMES, st.integers(1, 10**6), st.none() | st.integers(0, 2**53))
def test_an_execution_name_is_one_that_step_functions_takes(
    tenant: str, type_: str, code: str, run: int, created_at: int | None
) -> None:
    name = execution_name(TaskKey(Kind.SFN_TASK, tenant, type_, code), run, created_at)

    assert re.fullmatch(r"[A-Za-z0-9._-]{1,80}", name)


def test_each_run_has_an_execution_of_its_own() -> None:
    key = any_fan_out_key()

    assert execution_name(key, 1, NOW) == execution_name(key, 1, NOW)
    assert execution_name(key, 1, NOW) != execution_name(key, 2, NOW)


def test_a_code_that_is_used_again_has_an_execution_of_its_own() -> None:
    key = any_fan_out_key()

    assert execution_name(key, 1, NOW) != execution_name(key, 1, NOW + 1)
