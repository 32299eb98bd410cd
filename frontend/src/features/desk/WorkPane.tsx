import { CheckCircleFilled } from "@ant-design/icons";
import type { InputRef } from "antd";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { CustomerCard, Pop, TicketRow } from "@/components/api/types";
import { TicketForm } from "@/components/ticket/TicketForm";
import { CrmTag } from "@/components/ui/Tags";
import { AfterCall } from "./AfterCall";
import { useDesk } from "./desk";
import { useShortcuts } from "./shortcuts";
import { useCustomer } from "./useCustomer";
import { useTicket } from "./useTicket";
import css from "./work.module.css";

/** The ticket and the note. Both are there, greyed, before a call comes. */
export function WorkPane({ pop, hidden }: { pop: Pop | null; hidden: boolean }) {
  return pop ? <LiveWork pop={pop} hidden={hidden} /> : <IdleWork />;
}

function LiveWork({ pop, hidden }: { pop: Pop; hidden: boolean }) {
  const customer = useCustomer(pop);
  return (
    <div className={css.work} hidden={hidden}>
      <Work pop={pop} customer={customer} active={!hidden} />
    </div>
  );
}

function IdleWork() {
  return (
    <fieldset className={`${css.work} ${css.idle}`} disabled>
      <Work pop={null} customer={null} active={false} />
    </fieldset>
  );
}

function Work({
  pop,
  customer,
  active,
}: {
  pop: Pop | null;
  customer: CustomerCard | null;
  active: boolean;
}) {
  const { t } = useTranslation();
  const { dispatch } = useDesk();
  const facts = useRef<InputRef>(null);
  const [created, setCreated] = useState<TicketRow[]>([]);
  useShortcuts(active ? { "Alt+T": () => facts.current?.focus() } : {});
  return (
    <>
      <section className={css.part}>
        <h2 className={css.head}>{t("desk.ticket")}</h2>
        {ticketsOf(pop, created).map((ticket) => (
          <CreatedTicket key={ticket.id} {...ticket} />
        ))}
        <TicketForm
          kind={pop?.kind}
          callId={pop?.call_id}
          customerId={customer?.id}
          callerNumber={pop?.withheld ? null : (pop?.number ?? pop?.raw_number)}
          rows={4}
          factsRef={facts}
          onDraft={(dirty) => pop && dispatch({ type: "draft", call_id: pop.call_id, form: "ticket", dirty })}
          onCreated={(ticket) => setCreated((all) => [...all, ticket])}
        />
      </section>
      <AfterCall pop={pop} active={active} />
    </>
  );
}

interface Opened {
  id: string;
  number: string;
  made?: TicketRow;
}

/** What was opened in this call, here or by a colleague or before a reload. */
function ticketsOf(pop: Pop | null, created: TicketRow[]): Opened[] {
  const here = new Set(created.map((ticket) => ticket.id));
  const told = (pop?.tickets ?? []).filter((ticket) => !here.has(ticket.id));
  return [...told, ...created.map((made) => ({ id: made.id, number: made.number, made }))];
}

function CreatedTicket({ id, number, made }: Opened) {
  const { t } = useTranslation();
  const fresh = useTicket(id, made);
  return (
    <div className={css.created} data-testid="ticket-created" data-number={number}>
      <CheckCircleFilled className={css.tick} />
      <Link to={`/tickets/${id}`}>{t("ticket.numbered", { number })}</Link>
      {fresh && <CrmTag state={fresh.crm.state} />}
    </div>
  );
}
