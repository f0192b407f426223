// Made by tools/console_types.py of the API's /openapi.json; a test compares.
// Numbers that a double does not hold as written come as `Num` (models/exact-json.js).

export interface Backfill {
  name: string;
  count: number;
  submitted: number;
  first?: string | null;
  last?: string | null;
}

export interface Batch {
  index: number;
  first: number;
  last: number;
  status: "WAITING" | "OPEN" | "CLOSED" | "VOID";
  completed?: number;
  failed?: number;
  cancelled?: number;
  startedAt?: string | null;
  finishedAt?: string | null;
}

export interface BatchPage {
  batches: Array<Batch>;
  cursor?: string | null;
}

export interface Bucket {
  start: string;
  type: string;
  created?: number;
  completed?: number;
  failed?: number;
  cancelled?: number;
  errored?: number;
  retried?: number;
  wait?: Durations;
  run?: Durations;
  subtasks?: SubtaskOutcomes;
}

export interface BulkCount {
  count: number;
  exact: boolean;
  sample: Array<KeyModel>;
}

export interface CallbackList {
  items: Array<CallbackMapping>;
}

export interface CallbackMapping {
  id: string;
  tenantCode: string;
  taskType: string;
  event: string;
  callbackType: string;
  createdAt?: string | null;
  createdBy?: string | null;
  unreadable?: string | null;
  warning?: string | null;
}

export interface DeadLetters {
  name: string;
  depth: number;
  id?: string;
  advice?: string;
  redrivable?: boolean;
  redrive?: Redrive | null;
}

export interface DebounceOption {
  key: string;
  seconds: number;
  maxSeconds?: number | null;
}

export interface Detail {
  message: string;
  field?: string | null;
}

export interface Durations {
  p50?: number | null;
  p95?: number | null;
  count?: number;
  sumMs?: number;
}

export interface Error {
  error: ErrorContent;
}

export interface ErrorContent {
  code: string;
  message: string;
  details?: Array<Detail>;
}

export interface ErrorGroup {
  fingerprint: string;
  errorType: string;
  message: string;
  types: Array<string>;
  count: number;
  open: number;
  firstAt: string;
  lastAt: string;
  lastKey: string;
  hours: Array<number>;
  state?: "open" | "resolved" | "ignored";
  newSince?: string | null;
  sample?: ErrorSample | null;
}

export interface ErrorGroupPage {
  groups: Array<ErrorGroup>;
  cursor?: string | null;
}

export type ErrorOrGatewayError = Error | GatewayError;

export interface ErrorSample {
  type: string;
  message: string;
  stack?: string | null;
}

export interface Failure {
  pk: string;
  sk: string;
  type: string;
  code: string;
  index?: number | null;
  name?: string | null;
  updatedAt: string;
  fingerprint?: string | null;
  errorText?: string | null;
}

export interface FailurePage {
  items: Array<Failure>;
  cursor?: string | null;
}

export interface GatewayError {
  message: string | null;
}

export interface Health {
  status?: string;
}

export interface History {
  buckets?: Array<Bucket>;
}

export interface HistoryEntry {
  status: Status;
  at: string;
  attempt: number;
  by?: string | null;
  reason?: string | null;
}

export interface Input {
  pk: string;
  sk: string;
  status: Status;
  input?: JsonValue;
  inputUrl?: string | null;
}

export type JsonValue = unknown;

export interface KeyModel {
  pk: string;
  sk: string;
}

export interface KeyOfItsOwn {
  key: string;
  of: "unique" | "debounce" | "schedule";
  onConflict?: "existing" | "reject" | "replace" | "coalesce" | null;
  until: "end" | "start";
}

export interface LimitList {
  items: Array<LimitView>;
  cursor: string | null;
}

export interface LimitView {
  name: string;
  key?: string | null;
  keyed?: boolean;
  kind: "concurrency" | "rate";
  scope: "tenant" | "stack";
  types?: Array<string>;
  limit?: number | null;
  held?: number | null;
  waiting?: number | null;
  oldestAt?: string | null;
  rate?: number | null;
  perSeconds?: number | null;
  burst?: number | null;
  nextStartAt?: string | null;
  pausedUntil?: string | null;
  setBy?: string | null;
  setAt?: string | null;
  warning?: string | null;
}

export interface LookedUp {
  items: Array<Task>;
  unchanged: Array<TaskPlace>;
  missing: Array<TaskPlace>;
  leftOut: Array<TaskPlace>;
}

export interface Lookup {
  keys: Array<WantedKey>;
  versions?: Array<number | null> | null;
  fields?: "summary" | null;
}

export interface NewBackfill {
  from: string;
  to: string;
  dryRun?: boolean;
}

export interface NewUpload {
  size: number;
}

export interface PauseList {
  items: Array<PauseView>;
}

export interface PauseView {
  type: string | null;
  paused: boolean;
  waiting?: number;
  at?: string | null;
  by?: string | null;
  warning?: string | null;
}

export interface PostBulk {
  action: "retry" | "cancel";
  filter?: StrictFilter | null;
  keys?: Array<KeyModel> | null;
  dryRun?: boolean;
  reason?: string | null;
  expected?: number | null;
}

export interface Progress {
  pk: string;
  sk: string;
  status: Status;
  total: number;
  completed?: number;
  failed?: number;
  cancelled?: number;
  running?: number;
  percent?: number;
}

export interface PutCallback {
  event: "success" | "failure" | "completion";
  callbackType: string;
}

export interface PutLimit {
  key?: string | null;
  concurrency?: number | null;
  rate?: number | null;
  perSeconds?: number | null;
  burst?: number | null;
}

export interface PutSchedule {
  taskType: string;
  expression: string;
  timezone?: string;
  paused?: boolean;
  input?: JsonValue;
  taskName?: string | null;
  notify?: "each" | "progress" | "none" | null;
  priority?: "low" | "normal" | "high" | "urgent" | null;
  expiresSeconds?: number | null;
  deadlineSeconds?: number | null;
  overlap?: "allow" | "skip" | "one" | "cancel" | null;
  jitterSeconds?: number | null;
  onSuccess?: string | Array<string>;
  onFailure?: string | Array<string>;
  onCompletion?: string | Array<string>;
  logIds?: Record<string, unknown> | null;
}

export interface QueueDepth {
  name: string;
  depth: number;
  inFlight: number;
  oldestSeconds?: number | null;
}

export interface QueuesHealth {
  queues: Array<QueueDepth>;
  deadLetters: Array<DeadLetters>;
  parkedChanges: number;
  asOf: string;
}

export interface Redrive {
  status: string;
  moved: number;
  toMove?: number | null;
  startedAt?: string | null;
  reason?: string | null;
}

export interface Result {
  pk: string;
  sk: string;
  status: Status;
  result?: JsonValue;
  resultUrl?: string | null;
}

export interface Schedule {
  tenantCode: string;
  name: string;
  taskType: string;
  expression: string;
  timezone: string;
  description?: string | null;
  paused: boolean;
  nextFireAt?: string | null;
  input?: JsonValue;
  taskName?: string | null;
  notify?: string | null;
  priority?: string | null;
  expiresSeconds?: number | null;
  deadlineSeconds?: number | null;
  overlap?: string | null;
  jitterSeconds?: number | null;
  onSuccess?: Array<string>;
  onFailure?: Array<string>;
  onCompletion?: Array<string>;
  logIds?: Record<string, string> | null;
  createdAt?: string | null;
  updatedAt?: string | null;
  createdBy?: string | null;
  createdIp?: string | null;
  requestId?: string | null;
  version?: number;
  unreadable?: string | null;
}

export interface ScheduleFire {
  at: string;
  task?: Task | null;
}

export interface ScheduleFires {
  fires: Array<ScheduleFire>;
  next: Array<string>;
}

export interface SchedulePage {
  items: Array<Schedule>;
  cursor?: string | null;
}

export interface StackInfo {
  name?: string | null;
  environment?: string | null;
  region?: string | null;
}

export interface Statistics {
  asOf?: string | null;
  types?: Array<TypeStatistics>;
}

export type Status = "CREATED" | "SCHEDULED" | "PARKED" | "QUEUED" | "STARTED" | "PROCESSING" | "WAITING" | "FINISHED" | "ERRORED" | "COMPLETED" | "FAILED" | "CANCELLED";

export interface StatusChange {
  status: "SCHEDULED" | "QUEUED" | "STARTED" | "PROCESSING" | "WAITING" | "FINISHED" | "ERRORED" | "COMPLETED" | "FAILED" | "CANCELLED";
  attributes?: Record<string, unknown> | null;
  notifyId?: string | null;
}

export type StepFunctionTaskSubmission = SubmitElements | SubmitUploaded;

export interface StrictFilter {
  type?: string | null;
  status?: Array<"CREATED" | "SCHEDULED" | "PARKED" | "QUEUED" | "STARTED" | "PROCESSING" | "WAITING" | "FINISHED" | "ERRORED" | "FAILED" | "CANCELLED"> | null;
  fingerprint?: string | null;
  createdAfter?: string | null;
  createdBefore?: string | null;
}

export interface SubmitElements {
  taskType: string;
  name?: string | null;
  code?: string | null;
  idempotencyKey?: string | null;
  notify?: "each" | "progress" | "none" | null;
  priority?: "low" | "normal" | "high" | "urgent" | null;
  expiresSeconds?: number | null;
  deadlineSeconds?: number | null;
  onSuccess?: string | Array<string>;
  onFailure?: string | Array<string>;
  onCompletion?: string | Array<string>;
  logIds?: Record<string, unknown> | null;
  input: Array<JsonValue>;
  inputRef?: null;
  toleratedFailures?: number | string | null;
  batchSize?: number | null;
  maxConcurrency?: number | null;
}

export interface SubmitTask {
  taskType: string;
  name?: string | null;
  code?: string | null;
  idempotencyKey?: string | null;
  notify?: "each" | "progress" | "none" | null;
  priority?: "low" | "normal" | "high" | "urgent" | null;
  expiresSeconds?: number | null;
  deadlineSeconds?: number | null;
  onSuccess?: string | Array<string>;
  onFailure?: string | Array<string>;
  onCompletion?: string | Array<string>;
  logIds?: Record<string, unknown> | null;
  input?: JsonValue;
  delaySeconds?: number;
  runAt?: string | null;
  unique?: UniqueOption | null;
  debounce?: DebounceOption | null;
}

export interface SubmitTasks {
  tasks: Array<SubmitTask>;
}

export interface SubmitUploaded {
  taskType: string;
  name?: string | null;
  code?: string | null;
  idempotencyKey?: string | null;
  notify?: "each" | "progress" | "none" | null;
  priority?: "low" | "normal" | "high" | "urgent" | null;
  expiresSeconds?: number | null;
  deadlineSeconds?: number | null;
  onSuccess?: string | Array<string>;
  onFailure?: string | Array<string>;
  onCompletion?: string | Array<string>;
  logIds?: Record<string, unknown> | null;
  input?: null;
  inputRef: string;
  toleratedFailures?: number | string | null;
  batchSize?: number | null;
  maxConcurrency?: number | null;
}

export interface SubtaskOutcomes {
  completed?: number;
  failed?: number;
  cancelled?: number;
}

export interface Task {
  pk: string;
  sk: string;
  kind: "TASK" | "SFN_TASK" | "SUBTASK";
  tenantCode: string;
  type: string;
  code: string;
  index?: number | null;
  name?: string | null;
  status: Status;
  unreadable?: string | null;
  input?: JsonValue;
  inputRef?: string | null;
  attributes?: Record<string, JsonValue>;
  attempts?: number;
  maxAttempts?: number | null;
  run?: number;
  runAt?: string | null;
  expiresAt?: string | null;
  deadlineAt?: string | null;
  retryAt?: string | null;
  waitsFor?: WaitsFor | null;
  unique?: KeyOfItsOwn | null;
  leaseUntil?: string | null;
  createdAt?: string | null;
  updatedAt?: string | null;
  startedAt?: string | null;
  finishedAt?: string | null;
  createdBy?: string | null;
  createdIp?: string | null;
  requestId?: string | null;
  parent?: string | null;
  root?: string | null;
  depth?: number | null;
  childCount?: number | null;
  awaitedTotal?: number | null;
  awaitedDone?: number | null;
  childrenCompleted?: number | null;
  childrenFailed?: number | null;
  childrenCancelled?: number | null;
  resent?: number | null;
  callbacks?: Array<[string, string]>;
  schedule?: string | null;
  logIds?: Record<string, string> | null;
  runner?: string | null;
  pool?: string | null;
  priority?: string | null;
  batchSize?: number | null;
  maxConcurrency?: number | null;
  toleratedFailures?: string | null;
  notify?: string | null;
  history?: Array<HistoryEntry>;
  version?: number;
  ttl?: number | null;
  fingerprint?: string | null;
  expired?: Array<"input" | "result"> | null;
}

export interface TaskBatch {
  tasks: Array<Task>;
}

export interface TaskPage {
  items: Array<Task>;
  cursor?: string | null;
}

export interface TaskPlace {
  pk: string;
  sk: string;
}

export type TaskSubmission = SubmitTask | SubmitTasks;

export interface TaskTree {
  root: Task;
  nodes: Array<Task>;
  cursor?: string | null;
}

export interface TaskType {
  type: string;
  description?: string | null;
  inputSchema?: Record<string, JsonValue> | null;
  inputRequired?: boolean;
  maxAttempts: number;
  timeoutSeconds: number;
  pool?: string | null;
  paused?: boolean;
  secretFields?: Array<string>;
}

export interface TaskTypes {
  types: Array<TaskType>;
  failed?: string | null;
}

export interface Tenants {
  tenants: Array<string>;
}

export interface TypeStatistics {
  type: string;
  counts: Record<string, number>;
  oldestWaitingAt?: string | null;
}

export interface UniqueOption {
  key: string;
  onConflict?: "existing" | "reject" | "replace" | "coalesce";
  until?: "end" | "start";
}

export interface Upload {
  inputRef: string;
  url: string;
  headers: Record<string, string>;
  expiresInSeconds: number;
}

export interface WaitsFor {
  kind: "limit" | "rate" | "pause" | "key";
  limit?: string | null;
  key?: string | null;
  scope?: "tenant" | "stack" | null;
  until?: string | null;
}

export interface WantedKey {
  pk: string;
  sk: string;
}

export interface WhoAmI {
  user: string | null;
  tenants: Array<string> | null;
  mayWrite: boolean | null;
  mayReveal: boolean | null;
  features: Array<string>;
  version: string | null;
  stack: StackInfo;
  dollarsPerReadUnit: number;
}
