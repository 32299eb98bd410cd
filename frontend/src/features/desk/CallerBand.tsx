import { PhoneFilled } from "@ant-design/icons";
import { Tag } from "antd";
import { useTranslation } from "react-i18next";
import type { CustomerCard, Pop } from "@/components/api/types";
import { Grade } from "@/components/ui/Tags";
import { Timer } from "@/components/ui/Timer";
import css from "./pop.module.css";
import { popNumber, popSince } from "./popFacts";

export function CallerBand({ pop, customer }: { pop: Pop; customer: CustomerCard | null }) {
  const { t } = useTranslation();
  const number = popNumber(pop, t);
  return (
    <header className={`${css.band} ${css[pop.state]}`}>
      <div className={css.who}>
        {customer && <Grade grade={customer.grade} large />}
        <div className={css.names}>
          <div className={css.nameLine}>
            <span className={css.name} data-testid="pop-caller-name">
              {customer?.name ?? t(pop.candidates.length > 1 ? "desk.unsettled" : "desk.unknown")}
            </span>
            {customer?.tags.map((tag) => (
              <Tag key={tag} bordered={false} className={css.tag}>
                {tag}
              </Tag>
            ))}
          </div>
          <span className={`${css.number} figures`} data-testid="pop-number">
            {number}
          </span>
        </div>
      </div>
      <div className={css.call} data-testid="pop-state" data-state={pop.state}>
        <span className={css.callState}>
          <PhoneFilled className={css.callIcon} />{" "}
          {t(pop.consulted_by ? "desk.consulting" : `desk.state.${pop.state}`)}
        </span>
        <span className={css.callTime}>
          <Timer since={popSince(pop)} />
        </span>
      </div>
    </header>
  );
}
