import { SwapOutlined } from "@ant-design/icons";
import { useTranslation } from "react-i18next";
import type { Colleague, Pop } from "@/components/api/types";
import { useTimes } from "@/components/format/useTimes";
import css from "./pop.module.css";

/** Who else has, or had, this call, and what he wrote of it: nobody asks the caller to tell his story again. */
export function Colleagues({ pop }: { pop: Pop }) {
  const { t } = useTranslation();
  if (pop.colleagues.length === 0) return null;
  const asks = pop.colleagues.find((each) => each.extension === pop.consulted_by);
  return (
    <section className={css.colleagues} data-testid="pop-colleagues">
      <h3>
        <SwapOutlined /> {asks ? t("desk.consultedBy", { who: nameOf(asks) }) : t("desk.colleagues")}
      </h3>
      {pop.colleagues.map((colleague) => (
        <Entry key={colleague.extension} colleague={colleague} />
      ))}
    </section>
  );
}

function Entry({ colleague }: { colleague: Colleague }) {
  const { t } = useTranslation();
  const { clock } = useTimes();
  const from = clock(colleague.answered_at);
  return (
    <div className={css.colleague} data-testid="pop-colleague" data-extension={colleague.extension}>
      <span className={css.colleagueHead}>
        <strong>{nameOf(colleague)}</strong>
        <small className="figures">{colleague.extension}</small>
        <time>
          {colleague.left_at
            ? t("desk.hadFromTo", { from, to: clock(colleague.left_at) })
            : t("desk.hasSince", { from })}
        </time>
      </span>
      <p className={colleague.note ? css.colleagueNote : css.none}>{colleague.note || t("desk.noNote")}</p>
    </div>
  );
}

const nameOf = (colleague: Colleague) => colleague.name ?? colleague.extension;
