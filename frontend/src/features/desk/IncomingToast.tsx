import { PhoneFilled } from "@ant-design/icons";
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import { useLocation, useNavigate } from "react-router";
import { useWord } from "@/components/i18n/useWord";
import { KeyHint } from "@/components/ui/KeyHint";
import { useDesk } from "./desk";
import css from "./incomingToast.module.css";
import { likeliest, popNumber } from "./popFacts";
import { useShortcuts } from "./shortcuts";

/** A call rings while the agent is on another screen: says who, and leads to the desk without losing work. */
export function IncomingToast() {
  const { t } = useTranslation();
  const word = useWord();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const { state, dispatch } = useDesk();
  const pop = state.pops.find((each) => each.state === "ringing");
  const open = () => {
    if (pop) dispatch({ type: "select", call_id: pop.call_id });
    navigate("/desk");
  };
  useShortcuts({ "Alt+D": open });
  if (!pop || pathname.startsWith("/desk")) return null;
  const name = likeliest(pop)?.name ?? popNumber(pop, t);
  return (
    <div className={css.toast} role="alert" data-testid="incoming-toast">
      <span className={css.bell}>
        <PhoneFilled />
      </span>
      <div>
        <div className={css.title}>{name}</div>
        <div className={css.sub}>
          {t("desk.ringing")} · {word("queue", pop.queue)}
        </div>
      </div>
      <Button type="primary" onClick={open}>
        {t("desk.open")} <KeyHint keys="Alt+D" light />
      </Button>
    </div>
  );
}
