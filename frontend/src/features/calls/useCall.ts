import { useQuery } from "@tanstack/react-query";
import { request } from "@/components/api/client";
import type { CallDetail, Peaks, Transcript } from "@/components/api/types";

const FAST_MS = 3000;

/** Still going on, or over but with the sound not yet collected. */
function unsettled(call: CallDetail | undefined): boolean {
  return call?.outcome === "active" || call?.recording?.state === "collecting";
}

export function useCall(id: string) {
  return useQuery({
    queryKey: ["calls", "one", id],
    queryFn: () => request<CallDetail>(`/calls/${id}`),
    refetchInterval: ({ state }) => (unsettled(state.data) ? FAST_MS : false),
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

export function usePeaks(id: string) {
  return useQuery({
    queryKey: ["calls", "peaks", id],
    queryFn: () => request<Peaks>(`/calls/${id}/recording/peaks`),
    staleTime: Number.POSITIVE_INFINITY,
  });
}
