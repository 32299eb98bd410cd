import { PhoneOutlined, SearchOutlined } from "@ant-design/icons";
import { Checkbox, Input, Select } from "antd";
import { useTranslation } from "react-i18next";
import { useNavigate, useSearchParams } from "react-router";
import type { CallRow } from "@/components/api/types";
import { usePages } from "@/components/api/usePages";
import { QUEUES } from "@/components/i18n/queues";
import { DataTable } from "@/components/ui/DataTable";
import { EmptyState } from "@/components/ui/EmptyState";
import { Page } from "@/components/ui/Page";
import { useDebounced } from "@/components/ui/useDebounced";
import css from "./calls.module.css";
import { useCallColumns } from "./columns";

const OUTCOMES = ["active", "answered", "abandoned", "in_menu", "failed", "cut", "merged"] as const;

/** The filters live in the address, so that a list can be kept and sent to a colleague. */
export default function CallsPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [params, setParams] = useSearchParams();
  const [q, queue, outcome] = ["q", "queue", "outcome"].map((name) => params.get(name) ?? "");
  const mine = params.get("mine") === "true";
  const still = useDebounced(q);
  const list = usePages<CallRow>("/calls", { q: still, queue, outcome, mine: mine || null });
  const columns = useCallColumns();
  const set = (name: string, value: string | undefined) =>
    setParams(
      (before) => {
        const next = new URLSearchParams(before);
        if (value) next.set(name, value);
        else next.delete(name);
        return next;
      },
      { replace: true },
    );
  const filtered = Boolean(q || queue || outcome || mine);
  return (
    <Page
      title={t("nav.calls")}
      filters={
        <>
          <Input
            style={{ width: 280 }}
            prefix={<SearchOutlined />}
            placeholder={t("calls.search")}
            value={q}
            onChange={(event) => set("q", event.target.value)}
            allowClear
            data-testid="calls-search"
          />
          <Select
            style={{ width: 144 }}
            placeholder={t("calls.anyQueue")}
            value={queue || undefined}
            onChange={(value) => set("queue", value)}
            allowClear
            options={QUEUES.map((value) => ({ value, label: t(`queue.${value}`) }))}
          />
          <Select
            style={{ width: 144 }}
            placeholder={t("calls.anyOutcome")}
            value={outcome || undefined}
            onChange={(value) => set("outcome", value)}
            allowClear
            options={OUTCOMES.map((value) => ({ value, label: t(`outcome.${value}`) }))}
          />
          <Checkbox
            className={css.mine}
            checked={mine}
            onChange={(event) => set("mine", event.target.checked ? "true" : undefined)}
          >
            {t("calls.mine")}
          </Checkbox>
        </>
      }
    >
      <DataTable
        list={list}
        columns={columns}
        testId="call-row"
        onOpen={(row) => navigate(`/calls/${row.id}`)}
        empty={
          <EmptyState
            icon={<PhoneOutlined />}
            title={filtered ? t("list.nothingFound") : t("calls.none")}
            hint={filtered ? t("list.nothingFoundHint") : t("calls.noneHint")}
          />
        }
      />
    </Page>
  );
}
