import { FileTextOutlined, SearchOutlined } from "@ant-design/icons";
import { Input, Segmented, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import type { TicketRow } from "@/components/api/types";
import { usePages } from "@/components/api/usePages";
import { TICKET_KINDS } from "@/components/ticket/TicketForm";
import { DataTable } from "@/components/ui/DataTable";
import { EmptyState } from "@/components/ui/EmptyState";
import { Page } from "@/components/ui/Page";
import { useDebounced } from "@/components/ui/useDebounced";
import { useTicketColumns } from "./columns";
import { TicketDrawer } from "./TicketDrawer";

export default function TicketsPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { id } = useParams();
  const [q, setQ] = useState("");
  const [kind, setKind] = useState<string>();
  const [status, setStatus] = useState("");
  const still = useDebounced(q);
  const list = usePages<TicketRow>("/tickets", { q: still, kind, status });
  const columns = useTicketColumns(list.items.some((row) => row.crm.state !== "off"));
  const filtered = Boolean(q || kind || status);
  return (
    <Page
      title={t("nav.tickets")}
      filters={
        <>
          <Input
            style={{ width: 280 }}
            prefix={<SearchOutlined />}
            placeholder={t("tickets.search")}
            value={q}
            onChange={(event) => setQ(event.target.value)}
            allowClear
            data-testid="tickets-search"
          />
          <Select
            style={{ width: 144 }}
            placeholder={t("tickets.anyKind")}
            value={kind}
            onChange={setKind}
            allowClear
            options={TICKET_KINDS.map((value) => ({ value, label: t(`ticketKind.${value}`) }))}
          />
          <Segmented
            value={status}
            onChange={setStatus}
            options={[
              { value: "", label: t("tickets.all") },
              { value: "open", label: t("ticketStatus.open") },
              { value: "closed", label: t("ticketStatus.closed") },
            ]}
          />
        </>
      }
    >
      <DataTable
        list={list}
        columns={columns}
        testId="ticket-row"
        onOpen={(row) => navigate(`/tickets/${row.id}`)}
        empty={
          <EmptyState
            icon={<FileTextOutlined />}
            title={filtered ? t("list.nothingFound") : t("tickets.none")}
            hint={filtered ? t("list.nothingFoundHint") : t("tickets.noneHint")}
          />
        }
      />
      <TicketDrawer id={id ?? null} onClose={() => navigate("/tickets")} />
    </Page>
  );
}
