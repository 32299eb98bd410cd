import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { type Options, request } from "./client";
import type { Page } from "./types";

/** A list read page by page; `items` holds all pages loaded so far. With `everyMs` they are read again that often, for
 *  a list that changes while nobody here does anything. */
export function usePages<T>(path: string, query: NonNullable<Options["query"]>, everyMs?: number) {
  const result = useInfiniteQuery({
    queryKey: [path.slice(1), "list", query],
    queryFn: ({ pageParam, signal }) =>
      request<Page<T>>(path, { query: { ...query, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
    refetchInterval: everyMs,
  });
  return { ...result, items: result.data?.pages.flatMap((page) => page.items) ?? [] };
}
