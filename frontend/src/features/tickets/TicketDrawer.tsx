import { useQuery } from "@tanstack/react-query";
import { Skeleton } from "antd";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { request } from "@/components/api/client";
import type { TicketRow } from "@/components/api/types";
import { useTimes } from "@/components/format/useTimes";
import { categoryName, useCategories } from "@/components/ticket/useCategories";
import { ErrorState } from "@/components/ui/ErrorState";
import { Facts } from "@/components/ui/Facts";
import { SidePanel } from "@/components/ui/SidePanel";
import { KindTag, StatusTag } from "@/components/ui/Tags";
import { CrmPanel } from "./CrmPanel";
import css from "./tickets.module.css";

export function TicketDrawer({ id, onClose }: { id: string | null; onClose: () => void }) {
  const { t } = useTranslation();
  const ticket = useQuery({
    queryKey: ["tickets", "one", id],
    queryFn: () => request<TicketRow>(`/tickets/${id}`),
    enabled: id !== null,
  });
  return (
    <SidePanel
      open={id !== null}
      onClose={onClose}
      width={560}
      title={ticket.data ? t("ticket.numbered", { number: ticket.data.number }) : t("ticket.one")}
      extra={ticket.data && <StatusTag status={ticket.data.status} />}
    >
      {ticket.isPending && <Skeleton active />}
      {ticket.error && <ErrorState error={ticket.error} onRetry={() => ticket.refetch()} />}
      {ticket.data && <TicketBody ticket={ticket.data} />}
    </SidePanel>
  );
}

function TicketBody({ ticket }: { ticket: TicketRow }) {
  const { t } = useTranslation();
  const { full } = useTimes();
  const tree = useCategories().data?.items;
  return (
    <div className={css.body} data-testid="ticket-detail">
      <div>
        <KindTag kind={ticket.kind} />
        <span className={css.category}>{categoryName(tree, ticket.category)}</span>
      </div>
      <p className={css.summary}>{ticket.summary}</p>
      <Facts
        items={[
          [
            t("ticket.customer"),
            ticket.customer_id && <Link to={`/customers/${ticket.customer_id}`}>{ticket.customer_name}</Link>,
          ],
          [t("ticket.owner"), ticket.owner_name],
          [
            t("ticket.createdAt"),
            <span className="figures" key="at">
              {full(ticket.created_at)}
            </span>,
          ],
          [
            t("ticket.call"),
            ticket.call_id && <Link to={`/calls/${ticket.call_id}`}>{t("ticket.openCall")}</Link>,
          ],
        ]}
      />
      <CrmPanel ticket={ticket} />
    </div>
  );
}
