import { PlusOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { CallDetail } from "@/components/api/types";
import { useWord } from "@/components/i18n/useWord";
import { TicketForm } from "@/components/ticket/TicketForm";
import { Card } from "@/components/ui/Page";
import { CrmTag, Grade, KindTag } from "@/components/ui/Tags";
import { HomeText, PhoneText } from "@/components/ui/Words";
import css from "./call.module.css";
import { TimelineList } from "./TimelineList";

export function CallSide({ call }: { call: CallDetail }) {
  const { t } = useTranslation();
  const word = useWord();
  const summary = [word("disposition", call.disposition), call.note].filter(Boolean).join(" · ");
  return (
    <aside className={css.side}>
      <CustomerCardView call={call} />
      <Tickets call={call} />
      {summary && (
        <Card title={t("call.disposition")}>
          <p className={css.none}>{summary}</p>
        </Card>
      )}
      <Card title={t("call.timeline")}>
        <TimelineList entries={call.timeline} />
      </Card>
    </aside>
  );
}

function CustomerCardView({ call }: { call: CallDetail }) {
  const { t } = useTranslation();
  const customer = call.customer;
  return (
    <Card
      title={t("call.customer")}
      extra={customer && <Link to={`/customers/${customer.id}`}>{t("desk.wholeRecord")}</Link>}
    >
      {!customer && <p className={css.none}>{t("call.noCustomer")}</p>}
      {customer && (
        <div className={css.customer}>
          <span className={css.customerName}>
            <Grade grade={customer.grade} /> {customer.name}
          </span>
          {customer.homes.map((home) => (
            <HomeText key={`${home.project}${home.building}${home.room}`} home={home} />
          ))}
          {customer.phones.map((phone) => (
            <PhoneText key={phone.id} number={phone.e164} raw={phone.raw} />
          ))}
        </div>
      )}
    </Card>
  );
}

function Tickets({ call }: { call: CallDetail }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [writing, setWriting] = useState(false);
  const onCreated = () => {
    setWriting(false);
    void client.invalidateQueries({ queryKey: ["calls"] });
  };
  const add = (
    <Button
      type="link"
      size="small"
      icon={<PlusOutlined />}
      onClick={() => setWriting(true)}
      data-testid="call-new-ticket"
    >
      {t("ticket.new")}
    </Button>
  );
  return (
    <Card title={t("call.tickets")} extra={!writing && add}>
      {call.tickets.length === 0 && !writing && <p className={css.none}>{t("call.noTickets")}</p>}
      {call.tickets.map((ticket) => (
        <Link key={ticket.id} to={`/tickets/${ticket.id}`} className={css.ticket}>
          <span>
            <KindTag kind={ticket.kind} />
            {ticket.number}
            <CrmTag state={ticket.crm.state} />
          </span>
          <small>{ticket.summary}</small>
        </Link>
      ))}
      {writing && (
        <TicketForm
          kind={call.queue}
          callId={call.id}
          customerId={call.customer_id}
          callerNumber={call.number ?? call.raw_number}
          onCreated={onCreated}
        />
      )}
    </Card>
  );
}
