import { FileTextOutlined, PhoneOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Skeleton } from "antd";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { request } from "@/components/api/client";
import type { CustomerEvent } from "@/components/api/types";
import { formatPhone } from "@/components/format/phone";
import { useTimes } from "@/components/format/useTimes";
import { useWord } from "@/components/i18n/useWord";
import { ErrorState } from "@/components/ui/ErrorState";
import css from "./customers.module.css";

/** Every contact, newest first. */
export function CustomerTimeline({ id }: { id: string }) {
  const { t } = useTranslation();
  const query = useQuery({
    queryKey: ["customers", "timeline", id],
    queryFn: () => request<{ items: CustomerEvent[] }>(`/customers/${id}/timeline`),
  });
  if (query.isPending) return <Skeleton active title={false} paragraph={{ rows: 4 }} />;
  if (query.error) return <ErrorState error={query.error} onRetry={() => query.refetch()} />;
  if (query.data.items.length === 0) return <p className={css.none}>{t("customer.noTimeline")}</p>;
  return (
    <ol className={css.timeline}>
      {query.data.items.map((event) => (
        <Entry key={event.kind + event.id} event={event} />
      ))}
    </ol>
  );
}

function Entry({ event }: { event: CustomerEvent }) {
  const word = useWord();
  const { day } = useTimes();
  const call = event.kind === "call";
  const facts = call
    ? [word("queue", event.queue), word("outcome", event.outcome)]
    : [word("ticketKind", event.ticket_kind), event.number];
  const title = call
    ? [formatPhone(event.title, event.title), event.agent_name].filter(Boolean).join(" · ")
    : event.title;
  return (
    <li>
      <span className={call ? css.dotCall : css.dotTicket}>
        {call ? <PhoneOutlined /> : <FileTextOutlined />}
      </span>
      <Link to={call ? `/calls/${event.id}` : `/tickets/${event.id}`} className={css.event}>
        <span className={css.eventHead}>
          {facts.filter(Boolean).join(" · ")}
          <time className="figures">{day(event.at)}</time>
        </span>
        {title && <span className={css.eventText}>{title}</span>}
      </Link>
    </li>
  );
}
