import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { CustomerCard, Pop } from "@/components/api/types";
import { useTimes } from "@/components/format/useTimes";
import { useWord } from "@/components/i18n/useWord";
import { Facts } from "@/components/ui/Facts";
import { KindTag, OutcomeTag } from "@/components/ui/Tags";
import { HomeText, PhoneText } from "@/components/ui/Words";
import css from "./pop.module.css";

export function CustomerPanel({ customer, crm }: { customer: CustomerCard; crm: Pop["crm"] }) {
  const { t } = useTranslation();
  const word = useWord();
  const foreign = crm.fields.map(({ label, value }): [string, string] => [label, value]);
  const homes = customer.homes.map((home) => (
    <HomeText key={`${home.project}${home.building}${home.room}`} home={home} />
  ));
  const phones = customer.phones.map((phone) => (
    <span key={phone.id} className={css.line}>
      <PhoneText number={phone.e164} raw={phone.raw} /> <small>{word("phoneLabel", phone.label)}</small>
    </span>
  ));
  return (
    <>
      <div className={css.record}>
        <Facts
          width={200}
          items={[
            [t("customer.homes"), homes.length > 0 && <span className={css.stack}>{homes}</span>],
            [t("customer.phones"), phones.length > 0 && <span className={css.stack}>{phones}</span>],
            ...foreign,
          ]}
        />
        <Link to={`/customers/${customer.id}`} className={css.more} data-testid="pop-open-customer">
          {t("desk.wholeRecord")}
        </Link>
      </div>
      <div className={css.history}>
        <OpenTickets customer={customer} />
        <LastCalls customer={customer} />
      </div>
    </>
  );
}

function OpenTickets({ customer }: { customer: CustomerCard }) {
  const { t } = useTranslation();
  const { day } = useTimes();
  return (
    <section>
      <h3 className={css.section}>
        {t("desk.openTickets")} <span>{customer.open_tickets.length}</span>
      </h3>
      {customer.open_tickets.length === 0 && <p className={css.none}>{t("desk.noTickets")}</p>}
      {customer.open_tickets.map((ticket) => (
        <Link
          key={ticket.id}
          to={`/tickets/${ticket.id}`}
          className={css.entry}
          data-testid="pop-open-ticket"
        >
          <span className={css.entryHead}>
            <KindTag kind={ticket.kind} />
            <span className="figures">{ticket.number}</span>
            <time>{day(ticket.created_at)}</time>
          </span>
          <span className={css.entryText}>{ticket.summary}</span>
        </Link>
      ))}
    </section>
  );
}

function LastCalls({ customer }: { customer: CustomerCard }) {
  const { t } = useTranslation();
  const word = useWord();
  const { day } = useTimes();
  return (
    <section>
      <h3 className={css.section}>
        {t("desk.lastCalls")} <span>{customer.last_calls.length}</span>
      </h3>
      {customer.last_calls.length === 0 && <p className={css.none}>{t("desk.firstCall")}</p>}
      {customer.last_calls.map((call) => (
        <Link key={call.id} to={`/calls/${call.id}`} className={css.entry}>
          <span className={css.entryHead}>
            <OutcomeTag outcome={call.outcome} />
            {word("queue", call.queue)}
            <time>{day(call.started_at)}</time>
          </span>
          <span className={css.entryText}>
            {[call.agent_name, word("disposition", call.disposition), call.note]
              .filter(Boolean)
              .join(" · ") || "–"}
          </span>
        </Link>
      ))}
    </section>
  );
}
