import { ReloadOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import { request } from "@/components/api/client";
import type { Crm, TicketRow } from "@/components/api/types";
import { useTimes } from "@/components/format/useTimes";
import { Facts } from "@/components/ui/Facts";
import { FormProblem } from "@/components/ui/FormProblem";
import { Notice } from "@/components/ui/Notice";
import { CrmTag } from "@/components/ui/Tags";
import css from "./tickets.module.css";

/** Whether the firm's own CRM has the ticket, and if not, why and when it is tried again. */
export function CrmPanel({ ticket }: { ticket: TicketRow }) {
  const { t } = useTranslation();
  const { day } = useTimes();
  const client = useQueryClient();
  const { crm } = ticket;
  const retry = useMutation({
    mutationFn: () => request(`/tickets/${ticket.id}/crm/retry`, { method: "POST" }),
    onSettled: () => client.invalidateQueries({ queryKey: ["tickets"] }),
  });
  const retriable = crm.state === "failed" || (crm.state === "pending" && crm.attempts > 0);
  return (
    <section className={css.crm}>
      <header className={css.crmHead}>
        <strong>{t("crm.title")}</strong>
        <CrmTag state={crm.state} />
      </header>
      <p className={css.crmHint}>{t(`crm.${crm.state}Hint`)}</p>
      <Facts
        items={[
          [t("crm.externalId"), crm.external_id && <ForeignId key="id" crm={crm} />],
          [t("crm.attempts"), crm.attempts > 0 && crm.attempts],
          [t("crm.nextTry"), crm.state === "pending" && crm.next_try_at && day(crm.next_try_at)],
        ]}
      />
      {crm.state !== "sent" && crm.last_error && (
        <Notice type="warning" title={crm.last_error} remedy={crm.last_error_remedy} />
      )}
      <FormProblem error={retry.error} />
      {retriable && (
        <Button
          icon={<ReloadOutlined />}
          loading={retry.isPending}
          onClick={() => retry.mutate()}
          data-testid="crm-retry"
        >
          {t("crm.retry")}
        </Button>
      )}
    </section>
  );
}

function ForeignId({ crm }: { crm: Crm }) {
  const { t } = useTranslation();
  if (!crm.url) return <>{crm.external_id}</>;
  return (
    <a href={crm.url} target="_blank" rel="noreferrer" title={t("crm.open")}>
      {crm.external_id}
    </a>
  );
}
