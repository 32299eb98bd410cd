import { ReloadOutlined } from "@ant-design/icons";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Button, Skeleton, Typography } from "antd";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { request } from "@/components/api/client";
import type { DeliveryDetail, Webhook } from "@/components/api/types";
import { useTimes } from "@/components/format/useTimes";
import { useWord } from "@/components/i18n/useWord";
import { ErrorState } from "@/components/ui/ErrorState";
import { Facts } from "@/components/ui/Facts";
import { FormProblem } from "@/components/ui/FormProblem";
import { SidePanel } from "@/components/ui/SidePanel";
import { AttemptList } from "./AttemptList";
import { nameOf } from "./deliveryColumns";
import { DeliveryTag } from "./tags";
import { useRefresh } from "./useWebhooks";
import css from "./webhooks.module.css";

interface Props {
  id: string | null;
  endpoints: Webhook[];
  onClose: () => void;
}

/** One delivery beside the list: what it carries and how it fared. */
export function DeliveryDrawer({ id, endpoints, onClose }: Props) {
  const { t } = useTranslation();
  const word = useWord();
  const query = useQuery({
    queryKey: ["webhooks/deliveries", "one", id],
    queryFn: () => request<DeliveryDetail>(`/webhooks/deliveries/${id}`),
    enabled: id !== null,
  });
  const delivery = query.data?.delivery;
  return (
    <SidePanel
      open={id !== null}
      onClose={onClose}
      width={640}
      title={delivery ? word("eventType", delivery.event_type) : t("delivery.one")}
      extra={delivery && <DeliveryTag delivery={delivery} />}
    >
      {query.isPending && <Skeleton active />}
      {query.error && <ErrorState error={query.error} onRetry={() => query.refetch()} />}
      {query.data && <Body key={id} detail={query.data} endpoints={endpoints} />}
    </SidePanel>
  );
}

function Body({ detail, endpoints }: { detail: DeliveryDetail; endpoints: Webhook[] }) {
  const { t } = useTranslation();
  const { full } = useTimes();
  const refresh = useRefresh();
  const { delivery } = detail;
  const resend = useMutation({
    mutationFn: () => request(`/webhooks/deliveries/${delivery.id}/resend`, { method: "POST" }),
    onSettled: refresh,
  });
  const at = (moment: string | null) => moment && <span className="figures">{full(moment)}</span>;
  return (
    <div className={css.view} data-testid="delivery-detail">
      <Facts
        width={176}
        items={[
          [
            t("delivery.endpoint"),
            <Link to={`/webhooks/${delivery.endpoint_id}`} key="endpoint">
              {nameOf(endpoints, delivery.endpoint_id) ?? t("delivery.deleted")}
            </Link>,
          ],
          [t("delivery.kind"), t(`delivery.kinds.${delivery.kind}`)],
          [
            t("delivery.seq"),
            delivery.event_seq !== null && <span className="figures">{delivery.event_seq}</span>,
          ],
          [t("delivery.happened"), at(delivery.event_at)],
          [t("delivery.finished"), at(delivery.finished_at)],
          [t("delivery.next"), !delivery.sending && at(delivery.next_try_at)],
        ]}
      />
      <div>
        <div className={css.label}>{t("delivery.messageId")}</div>
        <Typography.Text
          className={css.id}
          copyable={{ tooltips: [t("webhooks.copy"), t("webhooks.copied")] }}
        >
          {delivery.message_id}
        </Typography.Text>
      </div>
      <FormProblem error={resend.error} />
      <div className={css.actions}>
        <Button
          icon={<ReloadOutlined />}
          loading={resend.isPending}
          disabled={delivery.sending}
          onClick={() => resend.mutate()}
          data-testid="delivery-resend"
        >
          {t("delivery.resend")}
        </Button>
      </div>
      <AttemptList attempts={detail.attempts} />
      <div>
        <h3 className={css.heading}>{t("delivery.payload")}</h3>
        {detail.payload ? (
          <pre className={css.payload} data-testid="delivery-payload">
            {JSON.stringify(detail.payload, null, 2)}
          </pre>
        ) : (
          <p className={css.lead}>{t("delivery.noPayload")}</p>
        )}
      </div>
    </div>
  );
}
