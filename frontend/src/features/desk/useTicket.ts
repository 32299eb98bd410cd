import { useQuery } from "@tanstack/react-query";
import { request } from "@/components/api/client";
import type { TicketRow } from "@/components/api/types";

/** A ticket of this call, kept fresh: the socket says when the CRM has it. `made` here just now, or told by the
 *  server, which leaves the rest to be fetched. */
export function useTicket(id: string, made?: TicketRow): TicketRow | undefined {
  const query = useQuery({
    queryKey: ["tickets", "one", id],
    queryFn: () => request<TicketRow>(`/tickets/${id}`),
    initialData: made,
  });
  return query.data;
}
