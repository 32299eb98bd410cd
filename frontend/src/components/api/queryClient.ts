import { QueryClient } from "@tanstack/react-query";
import { asProblem } from "./problem";

/** Reads are tried three times when the fault is not the asker's; writes are never repeated by themselves. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (count, error) => asProblem(error).transient && count < 2,
      retryDelay: (count) => Math.min(500 * 2 ** count, 4000),
    },
    mutations: { retry: false },
  },
});
