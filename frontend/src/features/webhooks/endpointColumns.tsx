import type { TableProps } from "antd";
import { useTranslation } from "react-i18next";
import type { Webhook } from "@/components/api/types";
import { useTimes } from "@/components/format/useTimes";
import { useWord } from "@/components/i18n/useWord";
import { EndpointTag } from "./tags";
import css from "./webhooks.module.css";

export function useEndpointColumns(): TableProps<Webhook>["columns"] {
  const { t } = useTranslation();
  const { day } = useTimes();
  const word = useWord();
  return [
    {
      title: t("webhooks.url"),
      render: (_, row) => (
        <div className={css.place}>
          <strong>{row.description || t("webhooks.unnamed")}</strong>
          <span title={row.url}>{row.url}</span>
        </div>
      ),
    },
    {
      title: t("webhooks.events"),
      render: (_, row) => {
        const words = row.event_types.map((type) => word("eventType", type)).join(t("list.comma"));
        return (
          <div className={css.events} title={words}>
            {words}
          </div>
        );
      },
    },
    { title: t("delivery.state"), width: 168, render: (_, row) => <EndpointTag endpoint={row} /> },
    {
      title: t("webhooks.waiting"),
      width: 88,
      align: "right",
      render: (_, row) => <Count of={row.deliveries.pending} />,
    },
    {
      title: t("webhooks.failed"),
      width: 88,
      align: "right",
      render: (_, row) => <Count of={row.deliveries.failed} bad />,
    },
    {
      title: t("webhooks.delivered"),
      width: 96,
      align: "right",
      render: (_, row) => <Count of={row.deliveries.delivered} />,
    },
    {
      title: t("webhooks.createdAt"),
      width: 144,
      render: (_, row) => <span className="figures">{day(row.created_at)}</span>,
    },
  ];
}

function Count({ of, bad }: { of: number; bad?: boolean }) {
  return <span className={`figures ${bad && of > 0 ? css.bad : ""}`}>{of}</span>;
}
