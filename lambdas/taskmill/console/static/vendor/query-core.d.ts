export * from "@tanstack/query-core";
