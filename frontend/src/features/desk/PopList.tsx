import { CloseOutlined, PhoneFilled } from "@ant-design/icons";
import { useTranslation } from "react-i18next";
import type { Pop } from "@/components/api/types";
import { formatPhone } from "@/components/format/phone";
import { useWord } from "@/components/i18n/useWord";
import { KeyHint } from "@/components/ui/KeyHint";
import { Timer } from "@/components/ui/Timer";
import { useDesk } from "./desk";
import css from "./left.module.css";
import { popSince, popTitle } from "./popFacts";
import { useShortcuts } from "./shortcuts";
import { useDismiss } from "./useCaller";

/** The agent's calls: usually one; more when one rings while another is being written up. */
export function PopList() {
  const { t } = useTranslation();
  const { state, dispatch } = useDesk();
  const select = (pop: Pop | undefined) => pop && dispatch({ type: "select", call_id: pop.call_id });
  useShortcuts({
    "Alt+1": () => select(state.pops[0]),
    "Alt+2": () => select(state.pops[1]),
    "Alt+3": () => select(state.pops[2]),
  });
  return (
    <section className={`${css.card} ${css.grow}`}>
      <h2 className={css.head}>{t("desk.myCalls")}</h2>
      {state.pops.length === 0 && <p className={css.none}>{t("desk.noCalls")}</p>}
      <div className={css.list} role="tablist">
        {state.pops.map((pop, index) => (
          <PopTab
            key={pop.call_id}
            pop={pop}
            index={index}
            active={pop.call_id === state.selected}
            onSelect={() => select(pop)}
          />
        ))}
      </div>
      <LastClosed />
      <Keys />
    </section>
  );
}

function PopTab(props: { pop: Pop; index: number; active: boolean; onSelect: () => void }) {
  const { t } = useTranslation();
  const word = useWord();
  const dismiss = useDismiss();
  const { pop } = props;
  return (
    <div className={`${css.tab} ${props.active ? css.tabOn : ""} ${css[pop.state]}`}>
      <button
        type="button"
        role="tab"
        aria-selected={props.active}
        className={css.tabMain}
        onClick={props.onSelect}
        data-testid="pop-tab"
      >
        <span className={css.tabName}>
          <PhoneFilled /> {popTitle(pop, t)}
        </span>
        <span className={css.tabSub}>
          <span className={css.tabWhat}>
            {t(pop.consulted_by ? "desk.consulting" : `desk.state.${pop.state}`)} ·{" "}
            {word("queue", pop.queue) || "–"}
          </span>
          <span className={css.tabTime}>
            <Timer since={popSince(pop)} />
          </span>
        </span>
      </button>
      {pop.state === "ended" && (
        <button
          type="button"
          className={css.close}
          aria-label={t("desk.dismiss")}
          onClick={() => dismiss(pop.call_id)}
          data-testid="pop-dismiss"
        >
          <CloseOutlined />
        </button>
      )}
    </div>
  );
}

function LastClosed() {
  const { t } = useTranslation();
  const { lastClosed } = useDesk().state;
  if (!lastClosed) return null;
  const who = lastClosed.name ?? formatPhone(lastClosed.number, lastClosed.number);
  return (
    <p className={css.lastClosed} role="status" data-testid="last-closed" data-reason={lastClosed.reason}>
      {t(`desk.closed.${lastClosed.reason}`, { who: who || t("call.withheld") })}
    </p>
  );
}

function Keys() {
  const { t } = useTranslation();
  const keys = [
    ["Alt+T", t("desk.keys.ticket")],
    ["Alt+N", t("desk.keys.note")],
    ["Alt+1…3", t("desk.keys.call")],
  ];
  return (
    <ul className={css.keys}>
      {keys.map(([key, meaning]) => (
        <li key={key}>
          <span>{meaning}</span>
          <KeyHint keys={key ?? ""} />
        </li>
      ))}
    </ul>
  );
}
