import type { TableProps } from "antd";
import { useTranslation } from "react-i18next";
import type { TicketRow } from "@/components/api/types";
import { useTimes } from "@/components/format/useTimes";
import { categoryName, useCategories } from "@/components/ticket/useCategories";
import { CrmTag, KindTag, StatusTag } from "@/components/ui/Tags";

/** `crm`: whether another CRM is connected, so that there is something to tell of it. */
export function useTicketColumns(crm: boolean): TableProps<TicketRow>["columns"] {
  const { t } = useTranslation();
  const { day } = useTimes();
  const tree = useCategories().data?.items;
  return [
    {
      title: t("ticket.number"),
      width: 128,
      render: (_, row) => <strong className="figures">{row.number}</strong>,
    },
    { title: t("ticket.kind"), width: 104, render: (_, row) => <KindTag kind={row.kind} /> },
    {
      title: t("ticket.category"),
      width: 136,
      ellipsis: true,
      render: (_, row) => categoryName(tree, row.category) ?? "–",
    },
    { title: t("ticket.facts"), ellipsis: true, dataIndex: "summary" },
    { title: t("ticket.customer"), width: 112, ellipsis: true, render: (_, row) => row.customer_name ?? "–" },
    { title: t("ticket.owner"), width: 104, ellipsis: true, render: (_, row) => row.owner_name ?? "–" },
    {
      title: t("ticket.createdAt"),
      width: 136,
      render: (_, row) => <span className="figures">{day(row.created_at)}</span>,
    },
    { title: t("ticket.status"), width: 88, render: (_, row) => <StatusTag status={row.status} /> },
    ...(crm
      ? [
          {
            title: "CRM",
            width: 104,
            render: (_: unknown, row: TicketRow) => <CrmTag state={row.crm.state} />,
          },
        ]
      : []),
  ];
}
