import { useQuery } from "@tanstack/react-query";
import { request } from "@/components/api/client";
import type { TicketRow } from "@/components/api/types";

/** A ticket just made, kept fresh: the socket says when the CRM has it. */
export function useTicket(made: TicketRow): TicketRow {
  const query = useQuery({
    queryKey: ["tickets", "one", made.id],
    queryFn: () => request<TicketRow>(`/tickets/${made.id}`),
    initialData: made,
  });
  return query.data;
}
