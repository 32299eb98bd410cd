import { Tag } from "antd";
import { useTranslation } from "react-i18next";
import type { Attempt, Delivery, Webhook } from "@/components/api/types";
import css from "./webhooks.module.css";

export type EndpointState = "on" | "off" | "failing" | "gone";

export function stateOf(endpoint: Webhook): EndpointState {
  if (!endpoint.enabled) return endpoint.off_reason ?? "off";
  return endpoint.failing_since ? "failing" : "on";
}

const ENDPOINT: Record<EndpointState, string> = {
  on: "green",
  off: "default",
  failing: "error",
  gone: "error",
};

/** One that the service switched off shows both: why, and that it is off. */
export function EndpointTag({ endpoint }: { endpoint: Webhook }) {
  const { t } = useTranslation();
  const state = stateOf(endpoint);
  return (
    <>
      <Tag bordered={false} color={ENDPOINT[state]} data-testid="webhook-state" data-state={state}>
        {t(`webhooks.state.${state}`)}
      </Tag>
      {endpoint.off_reason && <Tag bordered={false}>{t("webhooks.state.off")}</Tag>}
    </>
  );
}

const DELIVERY: Record<Delivery["state"], string> = { pending: "gold", delivered: "green", failed: "error" };

export function DeliveryTag({ delivery }: { delivery: Delivery }) {
  const { t } = useTranslation();
  const sending = delivery.state === "pending" && delivery.sending;
  return (
    <Tag
      bordered={false}
      color={sending ? "cyan" : DELIVERY[delivery.state]}
      data-testid="delivery-state"
      data-state={delivery.state}
    >
      {sending ? t("delivery.sending") : t(`delivery.states.${delivery.state}`)}
    </Tag>
  );
}

/** What the receiver answered, in short: "HTTP 500", "no answer in time". */
export function Result({ status, error }: Pick<Attempt, "status" | "error">) {
  const { t } = useTranslation();
  if (status === null && error === null) return <>–</>;
  if (status === null) return <span className={css.bad}>{t(`delivery.error.${error}`)}</span>;
  return <span className={`figures ${error ? css.bad : ""}`}>HTTP {status}</span>;
}
