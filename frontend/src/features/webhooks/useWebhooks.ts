import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect } from "react";
import { request } from "@/components/api/client";
import type { EventType, Page, Webhook } from "@/components/api/types";

const REFRESH_MS = 5000;

/** Every endpoint, for choosing one and for telling its name. */
export function useEndpoints() {
  return useQuery({
    queryKey: ["webhooks", "all"],
    queryFn: () => request<Page<Webhook>>("/webhooks", { query: { limit: 200 } }),
    select: (page) => page.items,
  });
}

export function useEventTypes() {
  return useQuery({
    queryKey: ["webhooks", "types"],
    queryFn: () => request<{ items: EventType[] }>("/webhooks/event-types"),
    select: (answer) => answer.items,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Asks anew for endpoints and deliveries. */
export function useRefresh(): () => void {
  const client = useQueryClient();
  return useCallback(() => {
    void client.invalidateQueries({ queryKey: ["webhooks"] });
    void client.invalidateQueries({ queryKey: ["webhooks/deliveries"] });
  }, [client]);
}

/** Deliveries come and go by themselves: look again now and then, while somebody can see it. */
export function useKeepFresh(): void {
  const refresh = useRefresh();
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === "visible" && refresh(), REFRESH_MS);
    return () => clearInterval(timer);
  }, [refresh]);
}
