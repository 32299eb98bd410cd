import { HistoryOutlined, KeyOutlined } from "@ant-design/icons";
import { useMutation } from "@tanstack/react-query";
import { Button, Popconfirm, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { request } from "@/components/api/client";
import type { Webhook, WebhookWithSecret } from "@/components/api/types";
import { useTimes } from "@/components/format/useTimes";
import { useWord } from "@/components/i18n/useWord";
import { Facts } from "@/components/ui/Facts";
import { FormProblem } from "@/components/ui/FormProblem";
import { Notice } from "@/components/ui/Notice";
import { ReplayDialog } from "./ReplayDialog";
import { TestButton } from "./TestButton";
import { EndpointTag } from "./tags";
import { useRefresh } from "./useWebhooks";
import css from "./webhooks.module.css";

interface Props {
  endpoint: Webhook;
  onSecret: (secret: string) => void;
  onDeleted: () => void;
}

export function EndpointView({ endpoint, onSecret, onDeleted }: Props) {
  const { t } = useTranslation();
  const { full } = useTimes();
  const word = useWord();
  const refresh = useRefresh();
  const [replaying, setReplaying] = useState(false);
  const { version } = endpoint;
  const rotate = useMutation({
    mutationFn: () =>
      request<WebhookWithSecret>(`/webhooks/${endpoint.id}/secret`, { method: "POST", version }),
    onSuccess: ({ secret }) => onSecret(secret),
    onSettled: refresh,
  });
  const remove = useMutation({
    mutationFn: () => request(`/webhooks/${endpoint.id}`, { method: "DELETE", version }),
    onSuccess: onDeleted,
    onSettled: refresh,
  });
  return (
    <div className={css.view} data-testid="webhook-detail">
      <Trouble endpoint={endpoint} />
      <Facts
        width={240}
        items={[
          [t("webhooks.url"), endpoint.url],
          [t("delivery.state"), <EndpointTag endpoint={endpoint} key="state" />],
          [
            t("webhooks.createdAt"),
            <span className="figures" key="at">
              {full(endpoint.created_at)}
            </span>,
          ],
          [
            t("webhooks.deliveries"),
            <Link to={`/webhooks/deliveries?endpoint=${endpoint.id}`} key="link">
              {t("webhooks.seeDeliveries")}
            </Link>,
          ],
        ]}
      />
      <div>
        <div className={css.label}>{t("webhooks.events")}</div>
        <div className={css.tags}>
          {endpoint.event_types.map((type) => (
            <Tag key={type} bordered={false} title={type}>
              {word("eventType", type)}
            </Tag>
          ))}
        </div>
      </div>
      {endpoint.old_secret_until && (
        <Notice type="info" title={t("webhooks.oldSecretUntil", { at: full(endpoint.old_secret_until) })} />
      )}
      <FormProblem error={rotate.error ?? remove.error} />
      <div className={css.actions}>
        <TestButton endpoint={endpoint} />
        <Button
          icon={<HistoryOutlined />}
          disabled={!endpoint.enabled}
          onClick={() => setReplaying(true)}
          data-testid="webhook-replay"
        >
          {t("webhooks.replay")}
        </Button>
        <Popconfirm
          title={t("webhooks.rotateSure")}
          description={<div className={css.sure}>{t("webhooks.rotateHint")}</div>}
          okText={t("webhooks.rotate")}
          cancelText={t("action.cancel")}
          onConfirm={() => rotate.mutate()}
        >
          <Button icon={<KeyOutlined />} loading={rotate.isPending} data-testid="webhook-rotate">
            {t("webhooks.rotate")}
          </Button>
        </Popconfirm>
        <Popconfirm
          title={t("webhooks.deleteSure")}
          description={<div className={css.sure}>{t("webhooks.deleteHint")}</div>}
          okText={t("webhooks.delete")}
          okButtonProps={{ danger: true }}
          cancelText={t("action.cancel")}
          onConfirm={() => remove.mutate()}
        >
          <Button danger loading={remove.isPending} data-testid="webhook-delete">
            {t("webhooks.delete")}
          </Button>
        </Popconfirm>
      </div>
      {replaying && <ReplayDialog endpoint={endpoint} onClose={() => setReplaying(false)} />}
    </div>
  );
}

function Trouble({ endpoint }: { endpoint: Webhook }) {
  const { t } = useTranslation();
  const { full } = useTimes();
  if (endpoint.off_reason && endpoint.off_at) {
    const at = full(endpoint.off_at);
    return endpoint.off_reason === "gone" ? (
      <Notice type="error" title={t("webhooks.offGone", { at })} remedy={t("webhooks.offGoneRemedy")} />
    ) : (
      <Notice type="error" title={t("webhooks.offFailing", { at })} remedy={t("webhooks.offRemedy")} />
    );
  }
  if (!endpoint.enabled || !endpoint.failing_since) return null;
  const title = t("webhooks.failingSince", { at: full(endpoint.failing_since) });
  return <Notice type="warning" title={title} remedy={t("webhooks.failingRemedy")} />;
}
