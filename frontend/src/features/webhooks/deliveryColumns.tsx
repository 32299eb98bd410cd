import { type TableProps, Tag } from "antd";
import { useTranslation } from "react-i18next";
import type { Delivery, Webhook } from "@/components/api/types";
import { useTimes } from "@/components/format/useTimes";
import { useWord } from "@/components/i18n/useWord";
import { DeliveryTag, Result } from "./tags";
import css from "./webhooks.module.css";

export function nameOf(endpoints: Webhook[], id: string): string | undefined {
  const endpoint = endpoints.find((each) => each.id === id);
  return endpoint && (endpoint.description || endpoint.url);
}

export function useDeliveryColumns(endpoints: Webhook[]): TableProps<Delivery>["columns"] {
  const { t } = useTranslation();
  const { day, full } = useTimes();
  const word = useWord();
  return [
    {
      title: t("delivery.at"),
      width: 176,
      render: (_, row) => <span className="figures">{full(row.created_at)}</span>,
    },
    {
      title: t("delivery.event"),
      ellipsis: true,
      render: (_, row) => (
        <span title={row.event_type}>
          {word("eventType", row.event_type)}
          {row.kind === "replay" && (
            <Tag bordered={false} className={css.kind}>
              {t("delivery.kinds.replay")}
            </Tag>
          )}
        </span>
      ),
    },
    {
      title: t("delivery.endpoint"),
      ellipsis: true,
      render: (_, row) => nameOf(endpoints, row.endpoint_id) ?? "–",
    },
    { title: t("delivery.state"), width: 112, render: (_, row) => <DeliveryTag delivery={row} /> },
    {
      title: t("delivery.result"),
      width: 152,
      ellipsis: true,
      render: (_, row) => <Result status={row.last_status} error={row.last_error} />,
    },
    {
      title: t("delivery.attempts"),
      width: 72,
      align: "right",
      render: (_, row) => <span className="figures">{row.attempts}</span>,
    },
    {
      title: t("delivery.next"),
      width: 136,
      render: (_, row) => (
        <span className="figures">
          {row.state === "pending" && !row.sending && row.next_try_at ? day(row.next_try_at) : "–"}
        </span>
      ),
    },
  ];
}
