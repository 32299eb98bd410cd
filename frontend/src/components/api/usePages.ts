import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { type Options, request } from "./client";
import type { Page } from "./types";

/** A list read page by page; `items` holds all pages loaded so far. */
export function usePages<T>(path: string, query: NonNullable<Options["query"]>) {
  const result = useInfiniteQuery({
    queryKey: [path.slice(1), "list", query],
    queryFn: ({ pageParam, signal }) =>
      request<Page<T>>(path, { query: { ...query, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
  });
  return { ...result, items: result.data?.pages.flatMap((page) => page.items) ?? [] };
}
