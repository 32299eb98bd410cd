import { useQuery } from "@tanstack/react-query";
import { request } from "@/components/api/client";
import type { CallDetail, Peaks, Transcript } from "@/components/api/types";

const FAST_MS = 3000;

export function useCall(id: string) {
  return useQuery({
    queryKey: ["calls", "one", id],
    queryFn: () => request<CallDetail>(`/calls/${id}`),
    refetchInterval: ({ state }) => (state.data?.outcome === "active" ? FAST_MS : false),
  });
}

/** Asked again while it is being made: not everybody who reads has the desk's socket. */
export function useTranscript(id: string, wanted: boolean) {
  return useQuery({
    queryKey: ["calls", "transcript", id],
    queryFn: () => request<Transcript>(`/calls/${id}/transcript`),
    enabled: wanted,
    refetchInterval: ({ state }) =>
      state.data?.state === "waiting" || state.data?.state === "running" ? FAST_MS : false,
  });
}

export function usePeaks(id: string, wanted: boolean) {
  return useQuery({
    queryKey: ["calls", "peaks", id],
    queryFn: () => request<Peaks>(`/calls/${id}/recording/peaks`),
    enabled: wanted,
    staleTime: Number.POSITIVE_INFINITY,
  });
}
