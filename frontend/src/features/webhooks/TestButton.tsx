import { SendOutlined } from "@ant-design/icons";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { request } from "@/components/api/client";
import type { Delivery, DeliveryDetail, Webhook } from "@/components/api/types";
import { FormProblem } from "@/components/ui/FormProblem";
import { Notice } from "@/components/ui/Notice";
import css from "./webhooks.module.css";

const LOOK_MS = 500;

/** Sends a test event and tells what came of it. */
export function TestButton({ endpoint }: { endpoint: Webhook }) {
  const { t } = useTranslation();
  const [id, setId] = useState<string | null>(null);
  const send = useMutation({
    mutationFn: () => request<Delivery>(`/webhooks/${endpoint.id}/test`, { method: "POST" }),
    onSuccess: (delivery) => setId(delivery.id),
  });
  const sent = useQuery({
    queryKey: ["webhooks/deliveries", "one", id],
    queryFn: () => request<DeliveryDetail>(`/webhooks/deliveries/${id}`),
    enabled: id !== null,
    refetchInterval: (query) => (query.state.data?.delivery.state === "pending" ? LOOK_MS : false),
  });
  const underWay = id !== null && (sent.data?.delivery.state ?? "pending") === "pending";
  const pending = send.isPending || (underWay && !sent.error);
  return (
    <>
      <Button
        type="primary"
        icon={<SendOutlined />}
        loading={pending}
        onClick={() => send.mutate()}
        data-testid="webhook-test"
      >
        {t("webhooks.test")}
      </Button>
      <div className={css.answer}>
        <FormProblem error={send.error ?? sent.error} />
        {!pending && sent.data && <TestAnswer detail={sent.data} />}
      </div>
    </>
  );
}

function TestAnswer({ detail }: { detail: DeliveryDetail }) {
  const { t } = useTranslation();
  const last = detail.attempts[0];
  if (!last) return null;
  if (detail.delivery.state === "delivered") {
    const title = t("webhooks.testDelivered", { status: last.status, ms: last.ms });
    return <Notice type="success" title={title} testId="webhook-test-answer" />;
  }
  const why = [last.error && t(`delivery.error.${last.error}`), last.status && `HTTP ${last.status}`];
  const title = t("webhooks.testFailed", { why: why.filter(Boolean).join(" · ") });
  return <Notice type="error" title={title} remedy={last.excerpt} testId="webhook-test-answer" />;
}
