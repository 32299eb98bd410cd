import { ApiOutlined, PlusOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import type { Webhook } from "@/components/api/types";
import { usePages } from "@/components/api/usePages";
import { DataTable } from "@/components/ui/DataTable";
import { EmptyState } from "@/components/ui/EmptyState";
import { Notice } from "@/components/ui/Notice";
import { Page } from "@/components/ui/Page";
import { EndpointDrawer } from "./EndpointDrawer";
import { useEndpointColumns } from "./endpointColumns";
import { SecretDialog } from "./SecretDialog";
import { useKeepFresh } from "./useWebhooks";
import { ViewSwitch } from "./ViewSwitch";
import css from "./webhooks.module.css";

export default function WebhooksPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { id } = useParams();
  const [secret, setSecret] = useState<string | null>(null);
  const list = usePages<Webhook>("/webhooks", {});
  useKeepFresh();
  const columns = useEndpointColumns();
  const off = list.items.filter((each) => each.off_reason).length;
  const add = (
    <Button
      type="primary"
      icon={<PlusOutlined />}
      onClick={() => navigate("/webhooks/new")}
      data-testid="webhook-new"
    >
      {t("webhooks.new")}
    </Button>
  );
  return (
    <Page title={t("webhooks.title")} extra={add} filters={<ViewSwitch view="endpoints" />}>
      {off > 0 && (
        <div className={css.notice}>
          <Notice
            type="error"
            title={t("webhooks.switchedOff", { count: off })}
            remedy={t("webhooks.offRemedy")}
            testId="webhooks-off"
          />
        </div>
      )}
      <DataTable
        list={list}
        columns={columns}
        testId="webhook-row"
        onOpen={(row) => navigate(`/webhooks/${row.id}`)}
        empty={
          <EmptyState
            icon={<ApiOutlined />}
            title={t("webhooks.none")}
            hint={t("webhooks.noneHint")}
            action={add}
          />
        }
      />
      <EndpointDrawer
        id={id ?? null}
        onClose={() => navigate("/webhooks")}
        onOpen={(opened) => navigate(`/webhooks/${opened}`)}
        onSecret={setSecret}
      />
      <SecretDialog secret={secret} onClose={() => setSecret(null)} />
    </Page>
  );
}
