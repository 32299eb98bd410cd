import type { TableProps } from "antd";
import { useTranslation } from "react-i18next";
import type { CallRow } from "@/components/api/types";
import { useTimes } from "@/components/format/useTimes";
import { useWord } from "@/components/i18n/useWord";
import { OutcomeTag, TranscriptTag } from "@/components/ui/Tags";
import { PhoneText } from "@/components/ui/Words";
import css from "./calls.module.css";

export function useCallColumns(): TableProps<CallRow>["columns"] {
  const { t } = useTranslation();
  const word = useWord();
  const { day, span } = useTimes();
  return [
    {
      title: t("call.startedAt"),
      width: 136,
      render: (_, row) => <span className="figures">{day(row.started_at)}</span>,
    },
    { title: t("call.caller"), render: (_, row) => <Caller row={row} /> },
    {
      title: t("call.queue"),
      width: 104,
      ellipsis: true,
      render: (_, row) => word("queue", row.queue) || "–",
    },
    { title: t("call.agent"), width: 104, ellipsis: true, render: (_, row) => row.agent_name ?? "–" },
    { title: t("call.waited"), width: 96, align: "right", render: (_, row) => span(row.wait_s) },
    {
      title: t("call.talked"),
      width: 104,
      align: "right",
      render: (_, row) => (row.talk_s > 0 ? span(row.talk_s) : "–"),
    },
    { title: t("call.outcome"), width: 112, render: (_, row) => <OutcomeTag outcome={row.outcome} /> },
    {
      title: t("call.transcript"),
      width: 112,
      render: (_, row) => <TranscriptTag state={row.transcript_state} />,
    },
    {
      title: t("call.tickets"),
      width: 128,
      ellipsis: true,
      render: (_, row) => row.ticket_numbers.join(", ") || "–",
    },
  ];
}

function Caller({ row }: { row: CallRow }) {
  const { t } = useTranslation();
  return (
    <span className={css.caller}>
      <span className={row.customer_name ? css.known : css.unknown}>
        {row.customer_name ?? t("desk.unknown")}
      </span>
      <small>
        <PhoneText number={row.number} raw={row.raw_number} />
      </small>
    </span>
  );
}
