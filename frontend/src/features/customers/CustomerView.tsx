import { useTranslation } from "react-i18next";
import type { Customer } from "@/components/api/types";
import { useTimes } from "@/components/format/useTimes";
import { useWord } from "@/components/i18n/useWord";
import { Facts } from "@/components/ui/Facts";
import { HomeText, PhoneText } from "@/components/ui/Words";
import { CustomerTimeline } from "./CustomerTimeline";
import { Tags } from "./columns";
import css from "./customers.module.css";

export function CustomerView({ customer }: { customer: Customer }) {
  const { t } = useTranslation();
  const word = useWord();
  const { day } = useTimes();
  const phones = customer.phones.map((phone) => (
    <span key={phone.id}>
      <PhoneText number={phone.e164} raw={phone.raw} />{" "}
      <small className={css.more}>{word("phoneLabel", phone.label)}</small>
    </span>
  ));
  const homes = customer.homes.map((home) => (
    <HomeText key={`${home.project}${home.building}${home.room}`} home={home} />
  ));
  return (
    <div className={css.view} data-testid="customer-detail">
      <Facts
        width={220}
        items={[
          [t("customer.phones"), phones.length > 0 && <span className={css.stack}>{phones}</span>],
          [t("customer.homes"), homes.length > 0 && <span className={css.stack}>{homes}</span>],
          [t("customer.kind"), word("customerKind", customer.kind)],
          [t("customer.tags"), customer.tags.length > 0 && <Tags tags={customer.tags} />],
          [t("customer.since"), day(customer.created_at)],
          [t("customer.note"), customer.note],
        ]}
      />
      <h3 className={css.section}>{t("customer.timeline")}</h3>
      <CustomerTimeline id={customer.id} />
    </div>
  );
}
