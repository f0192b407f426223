"""What a bulk operation would act on is counted by DynamoDB, without the rows."""

from builders import any_task, any_tenant
from moto_cloud import BOTH_TABLES

from taskmill.model.api.bulk import BulkCount, BulkFilter, NewBulk
from taskmill.testing import InProcessCloud


@BOTH_TABLES
def test_a_list_is_counted_without_its_rows(cloud: InProcessCloud) -> None:
    tenant = any_tenant()
    tasks = [any_task(tenant_code=tenant, delay_seconds=600) for _ in range(12)]
    keys = [cloud.service.create_task(task=each).key for each in tasks]
    cloud.service.cancel(key=keys[0])
    asked = NewBulk(action="cancel", filter=BulkFilter(type=keys[0].type), dry_run=True)

    counted = cloud.service.bulk(tenant_code=tenant, bulk=asked)

    assert isinstance(counted, BulkCount)
    assert (counted.count, counted.exact) == (11, True)
    assert {each.key for each in counted.sample} < set(keys[1:])
