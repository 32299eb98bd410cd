import { ReloadOutlined, SendOutlined } from "@ant-design/icons";
import { Button, Select } from "antd";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams, useSearchParams } from "react-router";
import type { Delivery } from "@/components/api/types";
import { usePages } from "@/components/api/usePages";
import { useWord } from "@/components/i18n/useWord";
import { DataTable } from "@/components/ui/DataTable";
import { EmptyState } from "@/components/ui/EmptyState";
import { Page } from "@/components/ui/Page";
import { DeliveryDrawer } from "./DeliveryDrawer";
import { useDeliveryColumns } from "./deliveryColumns";
import { useEndpoints, useEventTypes, useKeepFresh, useRefresh } from "./useWebhooks";
import { ViewSwitch } from "./ViewSwitch";

const STATES = ["pending", "delivered", "failed"] as const;

/** What was sent, and what became of it. The filters live in the address. */
export default function DeliveriesPage() {
  const { t } = useTranslation();
  const word = useWord();
  const navigate = useNavigate();
  const refresh = useRefresh();
  const { id } = useParams();
  const [params, setParams] = useSearchParams();
  const [endpoint, state, type] = ["endpoint", "state", "type"].map((name) => params.get(name) ?? "");
  const list = usePages<Delivery>("/webhooks/deliveries", { endpoint_id: endpoint, state, type });
  useKeepFresh();
  const endpoints = useEndpoints().data ?? [];
  const types = useEventTypes().data ?? [];
  const columns = useDeliveryColumns(endpoints);
  const filtered = Boolean(endpoint || state || type);
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
  const query = params.size > 0 ? `?${params}` : "";
  return (
    <Page
      title={t("webhooks.title")}
      extra={
        <Button icon={<ReloadOutlined />} onClick={refresh} loading={list.isFetching && !list.isPending}>
          {t("delivery.refresh")}
        </Button>
      }
      filters={
        <>
          <ViewSwitch view="deliveries" />
          <Select
            style={{ width: 240 }}
            placeholder={t("delivery.anyEndpoint")}
            value={endpoint || undefined}
            onChange={(value) => set("endpoint", value)}
            allowClear
            options={endpoints.map((each) => ({ value: each.id, label: each.description || each.url }))}
            data-testid="deliveries-endpoint"
          />
          <Select
            style={{ width: 136 }}
            placeholder={t("delivery.anyState")}
            value={state || undefined}
            onChange={(value) => set("state", value)}
            allowClear
            options={STATES.map((value) => ({ value, label: t(`delivery.states.${value}`) }))}
            data-testid="deliveries-state"
          />
          <Select
            style={{ width: 200 }}
            placeholder={t("delivery.anyType")}
            value={type || undefined}
            onChange={(value) => set("type", value)}
            allowClear
            options={[...types.map((each) => each.type), "WebhookTest"].map((value) => ({
              value,
              label: word("eventType", value),
            }))}
            data-testid="deliveries-type"
          />
        </>
      }
    >
      <DataTable
        list={list}
        columns={columns}
        testId="delivery-row"
        onOpen={(row) => navigate(`/webhooks/deliveries/${row.id}${query}`)}
        empty={
          <EmptyState
            icon={<SendOutlined />}
            title={filtered ? t("list.nothingFound") : t("delivery.none")}
            hint={filtered ? t("list.nothingFoundHint") : t("delivery.noneHint")}
          />
        }
      />
      <DeliveryDrawer
        id={id ?? null}
        endpoints={endpoints}
        onClose={() => navigate(`/webhooks/deliveries${query}`)}
      />
    </Page>
  );
}
