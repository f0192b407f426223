export { QueryClient } from "./query-core/queryClient.js";
export { QueryObserver } from "./query-core/queryObserver.js";
export { focusManager } from "./query-core/focusManager.js";
export { onlineManager } from "./query-core/onlineManager.js";
