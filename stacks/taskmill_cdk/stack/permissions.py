"""IAM permissions on the tasks table and the payload bucket, by what a function is for."""

from dataclasses import dataclass

from aws_cdk import aws_iam as iam

from taskmill_cdk.payload_bucket import INPUTS, PLANNED, RESULTS, PayloadBucket
from taskmill_cdk.table import ATTENTION_INDEX, CHILDREN_INDEX, TaskTable


@dataclass(frozen=True, kw_only=True)
class DataPermissions:
    """Grants on the rows and payloads of a stack: the actions that each kind of caller needs.

    What a caller may do with queues, topics and executions is granted by their own constructs.
    """

    table: TaskTable
    payloads: PayloadBucket

    def grant_submit(self, grantee: iam.IGrantable) -> None:
        """Allow everything a ``TaskService`` does: submit, read, list, change a status."""
        self.grant_serve(grantee)
        self.table.grant_query(grantee, ATTENTION_INDEX)  # the failed tasks of a tenant
        # A subtask that is reported after its fan-out was started again.
        self.table.grant(grantee, "PartiQLUpdate")
        self.payloads.grant_read(grantee, PLANNED)

    def grant_serve(self, grantee: iam.IGrantable) -> None:
        """Allow what the HTTP API does of that."""
        self.table.grant(
            grantee,
            "GetItem",
            "PutItem",  # an input; a task, together with the row of its idempotency key
            "PartiQLInsert",  # many tasks in one call
            "BatchGetItem",  # many tasks that were submitted before; subtasks with their batches
            "UpdateItem",  # statuses, counters of ids; a child started again, in a transaction
            "DeleteItem",  # mappings of callbacks; keys that nobody holds any more
        )
        self.table.grant_query(grantee, CHILDREN_INDEX)
        self.table.grant_query(grantee, ATTENTION_INDEX)  # what a bulk operation would retry
        self.payloads.grant_write(grantee, INPUTS, PLANNED)
        self.payloads.grant_read(grantee, INPUTS, PLANNED, RESULTS)
        self.payloads.grant_tag_uploads(grantee)

    def grant_work(self, grantee: iam.IGrantable) -> None:
        """Allow what running a task takes."""
        self.table.grant(
            grantee,
            "GetItem",
            "UpdateItem",  # claims, progress and outcomes
            "PutItem",  # tasks that a schedule submits; inputs; tombstones
            "PartiQLInsert",  # children
            "PartiQLUpdate",  # children that are awaited, taken over or cancelled
            "BatchGetItem",  # outcomes of children; batches, for the results of a map
            "DeleteItem",  # keys of schedules that nobody holds any more
        )
        self.table.grant_query(grantee, CHILDREN_INDEX)  # and subtasks, for the results of a map
        self.table.grant_query(grantee, ATTENTION_INDEX)  # what a bulk operation retries
        self.payloads.grant_read(grantee, INPUTS, PLANNED, RESULTS)
        self.payloads.grant_write(grantee, INPUTS, PLANNED, RESULTS)

    def grant_fail(self, grantee: iam.IGrantable) -> None:
        """Allow to mark tasks FAILED whose messages became dead letters."""
        self.table.grant(
            grantee,
            "GetItem",
            "UpdateItem",
            "PutItem",  # tombstones
        )

    def grant_fan_out(
        self, *, split: iam.IGrantable, batch: iam.IGrantable, finish: iam.IGrantable
    ) -> None:
        """Allow the three steps of the workflow to plan, run and sum up subtasks."""
        self.table.grant(split, "GetItem", "UpdateItem", "BatchGetItem", "PartiQLUpdate")
        self.table.grant(batch, "GetItem", "UpdateItem", "Query", "PartiQLInsert", "PartiQLUpdate")
        self.table.grant(
            finish,
            "GetItem",
            "BatchGetItem",  # batches
            "Query",  # subtasks of batches that are given up
            "UpdateItem",  # the fan-out; batches that are given up
            "PutItem",  # such a batch in another run
            "PartiQLInsert",  # batches that never began
            "PartiQLUpdate",  # subtasks of fan-outs that an earlier version has split
        )
        self.payloads.grant_read(split, INPUTS)
        self.payloads.grant_read(batch, INPUTS)
        self.payloads.grant_write(batch, RESULTS)

    def grant_sweep(self, grantee: iam.IGrantable) -> None:
        """Allow to find stuck tasks, and what the dispatcher and finish do to get them going."""
        self.table.grant(
            grantee,
            "Scan",
            "GetItem",  # parents and fan-outs to end; the position of an unfinished sweep
            "BatchGetItem",  # suspects; children to count; batches
            "UpdateItem",  # notes; counts, in transactions; ends of parents and of fan-outs
            "PartiQLUpdate",  # statuses of what was sent; subtasks of fan-outs that are ended
            "PartiQLInsert",  # batches that never began
            "PutItem",  # the position; a batch that is given up; who gets a key next
            "DeleteItem",  # places of tasks that wait for a slot; keys that nobody holds
        )
        self.table.grant_query(grantee, CHILDREN_INDEX)  # and subtasks and batches

    def grant_count(self, grantee: iam.IGrantable) -> None:
        """Allow to keep the statistics."""
        self.table.grant(
            grantee,
            "UpdateItem",  # counters
            "PutItem",  # samples of errors; tenants
        )

    def grant_dispatch(self, grantee: iam.IGrantable) -> None:
        """Allow what reacting to row changes takes."""
        self.table.grant(
            grantee,
            "GetItem",  # parents whose children have ended, schedules
            "BatchGetItem",  # children to count or cancel; batches, after a cancel
            "UpdateItem",  # counts of parents and of fan-outs, in transactions
            "PartiQLUpdate",  # statuses of what was sent; children to cancel
            "PartiQLInsert",  # callbacks; batches that never began
            "PutItem",  # inputs of callbacks; a batch that is given up; who gets a key next
            "DeleteItem",  # keys of tasks that have ended
        )
        self.table.grant_query(grantee, CHILDREN_INDEX)  # and mappings of callbacks
        self.payloads.grant_write(grantee, INPUTS)  # of callbacks
